#include "net/tls/pem.hpp"

#include <fcntl.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace tidewire::net::tls {
namespace {

// The system's list of CAs has some 200 KiB.
constexpr std::size_t kPemBytesMax = 16 * 1024 * 1024;

Error bad(const char* option, const std::string& why) {
    return Error(ErrorCode::invalid_argument, std::string(option) + ": " + why);
}

// errno of a failure, 0 when `out` has the whole file.
int read_all(int file, std::string& out) {
    std::array<char, 16'384> piece;
    while (out.size() <= kPemBytesMax) {
        const ssize_t count = ::read(file, piece.data(), piece.size());
        if (count == 0) return 0;
        if (count > 0) {
            out.append(piece.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return EFBIG;
}

BioPtr reader(const std::string& pem) {
    return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Asked for a passphrase, OpenSSL would by default ask the terminal.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

}  // namespace

Result<std::string> read_pem(const std::string& given, const char* option) {
    if (given.find("-----BEGIN") != std::string::npos) {
        if (given.size() > kPemBytesMax) return bad(option, std::strerror(EFBIG));
        return given;
    }
    if (given.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) {
        return bad(option, "neither PEM nor the name of a file");
    }
    const int file = ::open(given.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return bad(option, given + ": " + std::strerror(errno));
    std::string pem;
    const int failure = read_all(file, pem);
    ::close(file);
    if (failure != 0) return bad(option, given + ": " + std::strerror(failure));
    return pem;
}

Result<std::vector<CertificatePtr>> certificates_of(const std::string& pem, const char* option) {
    const CleanErrors clean;
    const BioPtr bio = reader(pem);
    std::vector<CertificatePtr> found;
    bool asked = false;
    while (X509* each = PEM_read_bio_X509_AUX(bio.get(), nullptr, &no_passphrase, &asked)) {
        found.emplace_back(each);
    }
    // What ends the reading is an error, too: that there are no more lines that begin a block.
    const unsigned long last = ERR_peek_last_error();
    const bool ended =
        ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    if (!ended) return bad(option, "not a certificate in PEM: " + take_reason("malformed"));
    if (found.empty()) return bad(option, "there is no certificate in it");
    return found;
}

Result<KeyPtr> key_of(const std::string& pem, const char* option) {
    const CleanErrors clean;
    const BioPtr bio = reader(pem);
    bool asked = false;
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &asked));
    if (key) return key;
    if (asked) return bad(option, "the private key is encrypted; give it without a passphrase");
    if (pem.find("PRIVATE KEY-----") == std::string::npos) {
        return bad(option, "there is no private key in it");
    }
    return bad(option, "not a private key in PEM: " + take_reason("malformed"));
}

}  // namespace tidewire::net::tls
