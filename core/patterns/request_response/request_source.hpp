// RequestSource: the items of the streamed request of one exchange.
#pragma once

#include <memory>

#include "http/exchange.hpp"
#include "patterns/request_response/item_source.hpp"

namespace tidewire::patterns::request_response {

class RequestSource final : public ItemSource {
public:
    // Any thread.
    [[nodiscard]] static std::shared_ptr<RequestSource> make(base::Ref<http::Exchange> exchange);

    explicit RequestSource(base::Ref<http::Exchange> exchange);

private:
    const base::Ref<http::Exchange> exchange_;
};

}  // namespace tidewire::patterns::request_response
