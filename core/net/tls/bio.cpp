#include "net/tls/bio.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace tidewire::net::tls {
namespace {

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int read_wire(BIO* bio, char* to, std::size_t room, std::size_t* count) {
    std::string_view& in = wire_of(bio).in;
    BIO_clear_retry_flags(bio);
    if (in.empty()) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *count = std::min(room, in.size());
    std::memcpy(to, in.data(), *count);
    in.remove_prefix(*count);
    return 1;
}

int write_wire(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
    wire_of(bio).out.append(from, size);
    *count = size;
    return 1;
}

long control_wire(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// Made once and never freed: streams of other threads may use it until the process ends.
BIO_METHOD* make_method() {
    BIO_METHOD* method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tidewire wire");
    if (method == nullptr) std::abort();  // out of memory
    BIO_meth_set_read_ex(method, &read_wire);
    BIO_meth_set_write_ex(method, &write_wire);
    BIO_meth_set_ctrl(method, &control_wire);
    return method;
}

}  // namespace

BIO* new_wire_bio(Wire& wire) {
    static BIO_METHOD* const method = make_method();
    BIO* bio = BIO_new(method);
    if (bio == nullptr) std::abort();  // out of memory
    BIO_set_data(bio, &wire);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace tidewire::net::tls
