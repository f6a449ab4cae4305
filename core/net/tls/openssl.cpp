#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

Result<void> ready_openssl() {
    constexpr unsigned long kMajor = 3;
    if (OpenSSL_version_num() >> 28 != kMajor) {
        return Error(ErrorCode::unavailable, std::string("TLS needs OpenSSL 3; this process has ") +
                                                 OpenSSL_version(OPENSSL_VERSION));
    }
    // Loops may still run when the process ends by exit(): nothing is taken down under them.
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) {
        return Error(ErrorCode::unavailable, "OpenSSL: " + take_reason("it does not start"));
    }
    return {};
}

std::string take_reason(const char* otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return otherwise;
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace tidewire::net::tls
