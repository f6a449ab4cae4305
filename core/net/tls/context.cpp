#include "net/tls/context.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "net/tls/pem.hpp"

namespace tidewire::net::tls {
namespace {

// With TLS 1.2: a fresh key for each connection, and encryption that authenticates (RFC 9325 4.2).
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// What we speak, as ALPN lists it: a length, and that many bytes (RFC 7301 3.1).
constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Where systems keep their CAs, for an OpenSSL that was built to look elsewhere: Node's, or one
// that a wheel brought along.
constexpr std::array<const char*, 4> kSystemFiles{
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

Error bad(std::string why) { return Error(ErrorCode::invalid_argument, std::move(why)); }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, kProtocols.data(), kProtocols.size(), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 3.2
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

Result<ContextPtr> new_context(const SSL_METHOD* method) {
    if (auto ready = ready_openssl(); !ready) return ready.error();
    ContextPtr context(SSL_CTX_new(method));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
        return Error(ErrorCode::unavailable, "OpenSSL: " + take_reason("no context"));
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Idle connections keep no buffers.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

// The own certificate with its chain, and its key.
Result<void> load_own(SSL_CTX* context, const std::string& cert, const std::string& key) {
    auto cert_pem = read_pem(cert, "tls.cert");
    if (!cert_pem) return cert_pem.error();
    auto chain = certificates_of(*cert_pem, "tls.cert");
    if (!chain) return chain.error();
    auto key_pem = key.empty() ? std::move(cert_pem) : read_pem(key, "tls.key");
    if (!key_pem) return key_pem.error();
    auto private_key = key_of(*key_pem, "tls.key");
    if (!private_key) return private_key.error();
    const CleanErrors clean;
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
        return bad("tls.cert: " + take_reason("not usable"));
    }
    for (std::size_t i = 1; i < chain->size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1) {
            return bad("tls.cert: " + take_reason("its chain is not usable"));
        }
    }
    if (X509_check_private_key(chain->front().get(), private_key->get()) != 1) {
        return bad("tls.key does not belong to the certificate of tls.cert");
    }
    if (SSL_CTX_use_PrivateKey(context, private_key->get()) != 1) {
        return bad("tls.key: " + take_reason("not usable"));
    }
    return {};
}

Result<std::vector<CertificatePtr>> trust(SSL_CTX* context, const std::string& ca,
                                          const char* option) {
    auto pem = read_pem(ca, option);
    if (!pem) return pem.error();
    auto certificates = certificates_of(*pem, option);
    if (!certificates) return certificates;
    const CleanErrors clean;
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const auto& each : *certificates) {
        if (X509_STORE_add_cert(store, each.get()) != 1) {
            return bad(std::string(option) + ": " + take_reason("not usable"));
        }
    }
    // Whoever names one certificate means it, whether or not its issuer is there too.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return certificates;
}

// Whether the folder has certificates under their hashes, which OpenSSL looks up when asked.
bool is_store(const char* folder) {
    std::error_code failed;
    for (std::filesystem::directory_iterator each(folder, failed), end;
         !failed && each != end; each.increment(failed)) {
        if (each->path().extension() == ".0") return true;
    }
    return false;
}

void trust_system(SSL_CTX* context) {
    const CleanErrors clean;
    SSL_CTX_set_default_verify_paths(context);
    // Who names a store in the environment is given none that OpenSSL itself would not look at.
    if (std::getenv(X509_get_default_cert_file_env()) != nullptr ||
        std::getenv(X509_get_default_cert_dir_env()) != nullptr ||
        ::access(X509_get_default_cert_file(), R_OK) == 0 ||
        is_store(X509_get_default_cert_dir())) {
        return;
    }
    for (const char* file : kSystemFiles) {
        if (SSL_CTX_load_verify_file(context, file) == 1) return;
    }
}

}  // namespace

Result<ContextPtr> server_context(const Tls& options) {
    if (options.cert.empty()) return bad("tls.cert: a server needs a certificate");
    auto context = new_context(TLS_server_method());
    if (!context) return context;
    SSL_CTX* raw = context->get();
    if (auto own = load_own(raw, options.cert, options.key); !own) return own.error();
    if (!options.client_ca.empty()) {
        auto authorities = trust(raw, options.client_ca, "tls.client_ca");
        if (!authorities) return authorities.error();
        for (const auto& each : *authorities) SSL_CTX_add_client_CA(raw, each.get());
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    // Sessions live in the tickets that clients keep, not here.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    constexpr std::string_view kName = "tidewire";
    SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(kName.data()),
                                   kName.size());
    SSL_CTX_set_alpn_select_cb(raw, &choose_protocol, nullptr);
    return context;
}

Result<ContextPtr> client_context(const ClientTls& options) {
    auto context = new_context(TLS_client_method());
    if (!context) return context;
    SSL_CTX* raw = context->get();
    if (options.cert.empty() && !options.key.empty()) {
        return bad("tls.key: there is no tls.cert to it");
    }
    if (!options.cert.empty()) {
        if (auto own = load_own(raw, options.cert, options.key); !own) return own.error();
    }
    if (!options.ca.empty()) {
        if (auto trusted = trust(raw, options.ca, "tls.ca"); !trusted) return trusted.error();
    } else if (options.verify) {
        trust_system(raw);
    }
    SSL_CTX_set_verify(raw, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_protos(raw, kProtocols.data(), kProtocols.size());  // gives 0 when it is well
    return context;
}

}  // namespace tidewire::net::tls
