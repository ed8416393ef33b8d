// Task<T>: what every asynchronous function returns. Runs on the io_context of the worker that awaits it.
// Parameters are taken by value or must outlive the await.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace valetkey {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

}  // namespace valetkey
