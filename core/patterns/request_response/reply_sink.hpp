// ReplySink: the streamed reply to one exchange.
#pragma once

#include <memory>

#include "http/exchange.hpp"
#include "patterns/request_response/item_sink.hpp"

namespace tidewire::patterns::request_response {

class ReplySink final : public ItemSink {
public:
    explicit ReplySink(base::Ref<http::Exchange> exchange);

private:
    http::BodyWriter begin() override;
    void refuse(const Error& error) override;
    void break_off(http::BodyWriter& body, const Error& error) override;

    const base::Ref<http::Exchange> exchange_;
};

}  // namespace tidewire::patterns::request_response
