#include "patterns/request_response/item_source.hpp"

#include <utility>

namespace tidewire::patterns::request_response {

void ItemSource::read(Done done) {
    auto shared = std::make_shared<Done>(std::move(done));
    const bool posted =
        inbox_->post([self = shared_from_this(), shared] { self->ask(std::move(*shared)); });
    if (!posted) (*shared)(Error(ErrorCode::closed, "the loop of the stream has ended"));
}

void ItemSource::cancel() {
    (void)inbox_->post([self = shared_from_this()] {
        if (self->ended_ || self->error_) return;
        self->fail(Error(ErrorCode::cancelled));
        self->give_up();
    });
}

void ItemSource::ask(Done done) {
    if (asked_) {
        done(Error(ErrorCode::misuse, "a stream is read once at a time"));
        return;
    }
    asked_ = std::move(done);
    pump();
}

void ItemSource::attach(http::Source& source) {
    source_ = &source;
    pump();
}

void ItemSource::detach() noexcept {
    if (source_ != nullptr) source_->forget_waiter();
    source_ = nullptr;
    waiting_.reset();
}

void ItemSource::fail(const Error& error) {
    if (ended_ || error_) return;
    error_ = error;
    const auto keep = shared_from_this();
    detach();
    pump();
}

void ItemSource::finish(Result<Batch> outcome) {
    auto done = std::exchange(asked_, Done());
    done(std::move(outcome));
}

void ItemSource::pump() {
    const auto keep = shared_from_this();
    waiting_.reset();
    if (!asked_) return;
    Batch batch;
    while (batch.items.empty() && !ended_ && !error_ && source_ != nullptr) {
        if (!take_piece(batch)) break;
    }
    if (!batch.items.empty() || ended_) {
        batch.ended = ended_;
        finish(std::move(batch));
    } else if (error_) {
        finish(*error_);
    } else if (source_ != nullptr) {
        waiting_ = keep;
        source_->when_readable(on_readable_);
    }
}

bool ItemSource::take_piece(Batch& batch) {
    auto piece = source_->read();
    if (!piece) {
        error_ = piece.error();
        return true;
    }
    switch (piece->kind) {
        case http::Piece::Kind::pending: return false;
        case http::Piece::Kind::bytes: decoder_.feed(piece->bytes); break;
        case http::Piece::Kind::end: decoder_.feed_eof(); break;
    }
    take_events(batch);
    return true;
}

// Items before an error are given, and the error the next time.
void ItemSource::take_events(Batch& batch) {
    while (true) {
        auto event = decoder_.next();
        if (!event) {
            error_ = event.error();
            give_up();
            return;
        }
        if (!*event) return;
        if (auto* item = std::get_if<ItemEvent>(&**event)) {
            batch.items.push_back(std::move(item->json));
        } else if (auto* failed = std::get_if<ItemsFailedEvent>(&**event)) {
            error_ = std::move(failed->error);
            ended();
            return;
        } else {
            // What follows the last line is nobody's.
            ended_ = true;
            ended();
            return;
        }
    }
}

}  // namespace tidewire::patterns::request_response
