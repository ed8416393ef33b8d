// A small SMTP server in the test's own process: one connection after the other, answers as the test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace valetkey::mail {

// One connection's bytes. A plain socket, or TLS over it (mailer_tls_test.cc).
class Wire {
 public:
  virtual ~Wire() = default;
  virtual ssize_t read(char* data, size_t size) = 0;
  virtual void write(const std::string& bytes) = 0;
};

class PlainWire final : public Wire {
 public:
  explicit PlainWire(int socket) : socket_(socket) {}
  ssize_t read(char* data, size_t size) override { return ::recv(socket_, data, size, 0); }
  void write(const std::string& bytes) override {
    (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

 private:
  int socket_;
};

// TLS on a connected socket; null when the client did not go through with it.
using Secure = std::function<std::unique_ptr<Wire>(int socket)>;

class ScriptedSmtpServer {
 public:
  struct Answer {
    std::string command;  // MAIL, RCPT, DATA or END (after the text): the next one is answered so
    std::string reply;    // "" hangs up, "hold" says nothing until the client leaves
  };
  struct Taken {
    std::string envelope;  // MAIL and RCPT lines
    std::string text;      // as on the wire, dots stuffed
  };

  // With `secure` it offers STARTTLS, and AUTH once that is done.
  explicit ScriptedSmtpServer(Secure secure = {}) : secure_(std::move(secure)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedSmtpServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  void will_answer(std::vector<Answer> answers) {
    std::lock_guard lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  // What came, after 30 seconds at the latest: one run saw nothing come in five, and nobody knows why.
  std::vector<Taken> wait_for_mails(size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(30), [&] { return taken_.size() >= count; });
    return taken_;
  }
  int connections() const { return connections_; }
  std::string said() {  // every line a client sent, but for the texts
    std::lock_guard lock(mutex_);
    return said_;
  }

 private:
  void serve() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      ++connections_;
      converse(client);
      ::close(client);
    }
  }

  void converse(int client) {
    input_.clear();
    socket_ = client;
    wire_ = std::make_unique<PlainWire>(client);
    bool is_secure = false;
    Taken taken;
    say("220 test");
    for (std::string line; read_line(line);) {
      const std::string command = line.substr(0, 4);
      {
        std::lock_guard lock(mutex_);
        said_ += line + "\n";
      }
      if (command == "QUIT") return say("221 bye");
      if (command == "EHLO" && secure_) {
        say(is_secure ? "250-test\r\n250 AUTH PLAIN" : "250-test\r\n250 STARTTLS");
        continue;
      }
      if (command == "AUTH") {
        say("334 ");
        if (!read_line(line)) return;
        say("235 welcome");
        continue;
      }
      if (command == "STAR" && secure_) {
        say("220 go on");
        wire_ = secure_(client);
        if (!wire_) return;
        is_secure = true;
        continue;
      }
      std::string reply = scripted(command, command == "DATA" ? "354 go on" : "250 ok");
      if (command == "MAIL" || command == "RCPT") taken.envelope += line + "\n";
      if (!obey(reply)) return;
      if (command != "DATA" || !reply.starts_with("354")) continue;
      while (read_line(line) && line != ".") taken.text += line + "\r\n";
      reply = scripted("END", "250 taken");
      if (reply.starts_with("250")) keep(taken);
      if (!obey(reply)) return;
    }
  }

  void keep(const Taken& taken) {
    std::lock_guard lock(mutex_);
    taken_.push_back(taken);
    came_.notify_all();
  }
  std::string scripted(const std::string& command, std::string otherwise) {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(answers_.begin(), answers_.end(),
                              [&](const Answer& answer) { return answer.command == command; });
    if (found == answers_.end()) return otherwise;
    std::string reply = found->reply;
    answers_.erase(found);
    return reply;
  }
  bool obey(const std::string& reply) {
    if (reply.empty()) return false;
    std::string line;
    if (reply == "hold") return read_line(line);
    say(reply);
    return true;
  }
  void say(const std::string& line) { wire_->write(line + "\r\n"); }
  bool read_line(std::string& line) {
    for (;;) {
      const size_t end = input_.find("\r\n");
      if (end != std::string::npos) {
        line = input_.substr(0, end);
        input_.erase(0, end + 2);
        return true;
      }
      pollfd waiting{socket_, POLLIN, 0};
      if (stopping_) return false;
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char buffer[32 *
                  1024];  // more than a TLS record, so that none is left inside where poll() cannot see it
      const ssize_t size = wire_->read(buffer, sizeof buffer);
      if (size <= 0) return false;
      input_.append(buffer, static_cast<size_t>(size));
    }
  }

  const Secure secure_;
  int listener_ = -1;
  int socket_ = -1;             // of the connection under way
  std::unique_ptr<Wire> wire_;  // the same
  uint16_t port_ = 0;
  std::string input_;  // of the connection under way
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Answer> answers_;
  std::vector<Taken> taken_;
  std::string said_;
  std::thread thread_;
};

}  // namespace valetkey::mail
