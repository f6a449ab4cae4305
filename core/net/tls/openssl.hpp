// What the TLS files share of OpenSSL: owners of its objects, and its errors as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include <tidewire/result.hpp>

namespace tidewire::net::tls {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using SslPtr = std::unique_ptr<SSL, Freed<&SSL_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<&BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freed<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Freed<&SSL_SESSION_free>>;

// Readies OpenSSL. `unavailable` when the process has one that is not of the major version 3, which
// this was compiled for: inside Node it is Node's own.
[[nodiscard]] Result<void> ready_openssl();

// The reason of the oldest error in this thread's queue, which is emptied; `otherwise` without one.
[[nodiscard]] std::string take_reason(const char* otherwise);

// Empties this thread's queue of errors, before and after: in Node it is shared with the host's own
// use of OpenSSL, which takes what it finds there for its own failure.
class CleanErrors {
public:
    CleanErrors() { ERR_clear_error(); }
    ~CleanErrors() { ERR_clear_error(); }
    CleanErrors(const CleanErrors&) = delete;
    CleanErrors& operator=(const CleanErrors&) = delete;
};

}  // namespace tidewire::net::tls
