// The one translation unit that compiles Asio itself (BOOST_ASIO_SEPARATE_COMPILATION is set for all).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
