// The one translation unit that compiles Asio itself (BOOST_ASIO_SEPARATE_COMPILATION is set for all). It
// lies beside Task, which brings asio's headers into nearly every other.
#include <boost/asio/impl/src.hpp>
