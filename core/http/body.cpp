#include "http/body.hpp"

namespace tidewire::http {

void LateBell::ring() {
    if (waiter_ == nullptr || posted_) return;
    // A loop that has ended rings nobody.
    posted_ = inbox_->post([this, keep = base::Ref<base::RefCounted>(&owner_)] {
        posted_ = false;
        if (auto* waiter = std::exchange(waiter_, nullptr)) waiter->ring();
    });
}

Result<Piece> BodyBuffer::read() {
    if (!bytes_.empty()) {
        Piece piece{Piece::Kind::bytes, std::exchange(bytes_, {})};
        if (!over() && on_wanted_) on_wanted_();
        return piece;
    }
    if (error_) return *error_;
    if (finished_) return Piece{Piece::Kind::end};
    if (on_wanted_) on_wanted_();
    return Piece{};
}

void BodyBuffer::when_readable(base::Waiter& waiter) {
    readable_.set(waiter);
    if (!bytes_.empty() || over()) {
        readable_.ring();
    } else if (on_wanted_) {
        on_wanted_();
    }
}

void BodyBuffer::push(std::string_view bytes) {
    if (over()) return;
    bytes_.append(bytes);
    readable_.ring();
}

void BodyBuffer::push(std::string&& bytes) {
    if (over()) return;
    if (bytes_.empty()) {
        bytes_ = std::move(bytes);
    } else {
        bytes_.append(bytes);
    }
    readable_.ring();
}

void BodyBuffer::finish() {
    if (over()) return;
    finished_ = true;
    on_wanted_.reset();
    readable_.ring();
}

void BodyBuffer::fail(const Error& error) {
    if (over()) return;
    error_ = error;
    bytes_.clear();
    on_wanted_.reset();
    readable_.ring();
}

}  // namespace tidewire::http
