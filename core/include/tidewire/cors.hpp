// Cors: which pages of other origins may use a server from a browser (the Fetch standard, 3.2).
//
// Without it a browser keeps answers from such pages, and the server refuses their requests that
// change something. With it the core answers preflights and adds the fields by itself.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tidewire {

struct Cors {
    // "https://app.example.com", "http://localhost:5173", or "*" for any, also opaque ones.
    std::vector<std::string> origins = {};
    std::vector<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    // Request fields beside those that tidewire itself reads.
    std::vector<std::string> headers = {};
    // Response fields that pages may read, beside ETag, Retry-After, Location and Tidewire-*.
    std::vector<std::string> expose = {};
    // Cookies and Authorization of the browser's own; not together with "*".
    bool credentials = false;
    std::chrono::seconds max_age{600};  // for which a browser keeps what a preflight said
};

}  // namespace tidewire
