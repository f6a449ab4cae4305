#include <tidewire/error.hpp>

namespace tidewire {

std::optional<ErrorCode> error_code_from_name(std::string_view name) noexcept {
    for (const ErrorRow& row : kErrorTable) {
        if (row.name == name) return row.code;
    }
    return std::nullopt;
}

ErrorCode error_code_from_http_status(int status) noexcept {
    // Statuses that several rows share: a peer that sent no code means the plain one.
    switch (status) {
        case 400: return ErrorCode::invalid_argument;
        case 401: return ErrorCode::unauthenticated;
        case 409: return ErrorCode::conflict;
        case 503: return ErrorCode::unavailable;
        default: break;
    }
    for (const ErrorRow& row : kErrorTable) {
        if (row.http_status != 0 && row.http_status == status) return row.code;
    }
    return status < 500 ? ErrorCode::invalid_argument : ErrorCode::internal;
}

}  // namespace tidewire
