// UvHandle<T>: owns one libuv handle.
//
// libuv frees nothing: a handle must be closed, and its memory must stay until the close callback,
// one turn later. Memory comes by uv_handle_size(), not sizeof, since inside Node the symbols of
// libuv are Node's own, whose structs may be larger than those of the headers compiled against.
#pragma once

#include <uv.h>

#include <cstdlib>
#include <memory>

namespace tidewire::net {

template <class T>
struct UvClose {
    void operator()(T* handle) const noexcept {
        uv_close(reinterpret_cast<uv_handle_t*>(handle),
                 [](uv_handle_t* closed) { std::free(closed); });
    }
};

template <class T>
using UvHandle = std::unique_ptr<T, UvClose<T>>;

// `init(T*)` returns libuv's error code; the handle is empty when it is not 0.
template <class T, class Init>
[[nodiscard]] UvHandle<T> make_uv_handle(uv_handle_type type, void* data, Init init) {
    auto* handle = static_cast<T*>(std::calloc(1, uv_handle_size(type)));
    if (handle == nullptr) std::abort();
    if (init(handle) != 0) {
        std::free(handle);
        return {};
    }
    handle->data = data;
    return UvHandle<T>(handle);
}

}  // namespace tidewire::net
