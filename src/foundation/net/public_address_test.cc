#include "foundation/net/public_address.h"

#include <gtest/gtest.h>

namespace valetkey::net {
namespace {

TEST(PublicAddress, TakesWhatIsGloballyReachable) {
  for (const char* address :
       {"8.8.8.8",        "1.1.1.1",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "192.0.1.0",       "192.0.3.0",       "192.167.255.255",
        "192.169.0.0",    "198.17.255.255",  "198.20.0.0",      "198.51.99.255",   "198.51.101.0",
        "203.0.112.255",  "203.0.114.0",     "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e",
        "2000::1",        "3ffe::1",         "2001:200::1",     "2001:db7:ffff::", "2001:db9::"}) {
    EXPECT_EQ(kind_of_address(address), AddressKind::global) << address;
  }
}

TEST(PublicAddress, KnowsLoopbackByItsOwnSpellings) {
  for (const char* address : {"127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_EQ(kind_of_address(address), AddressKind::loopback) << address;
  }
}

// RFC 6890, the first and the last address of each range.
TEST(PublicAddress, RefusesEverySpecialRange) {
  for (const char* address :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",  "100.64.0.0",
        "100.127.255.255", "169.254.0.0",     "169.254.169.254", "169.254.255.255", "172.16.0.0",
        "172.31.255.255",  "192.0.0.0",       "192.0.0.255",     "192.0.2.0",       "192.0.2.255",
        "192.88.99.0",     "192.88.99.255",   "192.168.0.0",     "192.168.255.255", "198.18.0.0",
        "198.19.255.255",  "198.51.100.0",    "198.51.100.255",  "203.0.113.0",     "203.0.113.255",
        "224.0.0.0",       "239.255.255.255", "240.0.0.0",       "255.255.255.255"}) {
    EXPECT_EQ(kind_of_address(address), AddressKind::special) << address;
  }
}

TEST(PublicAddress, RefusesEverySpecialRangeOfIpv6) {
  for (const char* address : {"::",          "::2",
                              "::7f00:1",    "::8.8.8.8",
                              "fc00::",      "fdff:ffff::1",
                              "fe80::1",     "febf::1",
                              "fec0::1",     "ff00::",
                              "ff02::1",     "100::1",
                              "2001::1",     "2001:1ff:ffff::",
                              "2001:db8::",  "2001:db8:ffff::1",
                              "3fff::1",     "3fff:fff::1",
                              "5f00::1",     "4000::1",
                              "1fff::1",     "64:ff9b:1::8.8.8.8",
                              "fe80::1%eth0"}) {
    EXPECT_EQ(kind_of_address(address), AddressKind::special) << address;
  }
}

TEST(PublicAddress, AnAddressInsideAnotherDecides) {
  for (const char* inner :
       {"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0"}) {
    EXPECT_EQ(kind_of_address(std::string("::ffff:") + inner), AddressKind::special) << inner;
    EXPECT_EQ(kind_of_address(std::string("64:ff9b::") + inner), AddressKind::special) << inner;
  }
  EXPECT_EQ(kind_of_address("::ffff:8.8.8.8"), AddressKind::global);
  EXPECT_EQ(kind_of_address("64:ff9b::8.8.8.8"), AddressKind::global);
  EXPECT_EQ(kind_of_address("2002:7f00:1::"), AddressKind::special);
  EXPECT_EQ(kind_of_address("2002:a9fe:a9fe::1"), AddressKind::special);
  EXPECT_EQ(kind_of_address("2002:c0a8:101::1"), AddressKind::special);
  EXPECT_EQ(kind_of_address("2002:808:808::1"), AddressKind::global);
}

TEST(PublicAddress, WhatIsNoCanonicalAddressIsSpecial) {
  for (const char* text : {"", "localhost", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "8.8.8",
                           "8.8.8.8.8", "08.8.8.8", " 8.8.8.8", "[::1]", "8.8.8.8:80"}) {
    EXPECT_EQ(kind_of_address(text), AddressKind::special) << text;
  }
  EXPECT_EQ(kind_of_address(std::string_view("8.8.8.8\0", 8)), AddressKind::special);
}

}  // namespace
}  // namespace valetkey::net
