#include "patterns/request_response/request_source.hpp"

#include <utility>

namespace tidewire::patterns::request_response {

std::shared_ptr<RequestSource> RequestSource::make(base::Ref<http::Exchange> exchange) {
    auto source = std::make_shared<RequestSource>(std::move(exchange));
    (void)source->exchange_->loop().inbox()->post(
        [source] { source->attach(source->exchange_->source()); });
    return source;
}

RequestSource::RequestSource(base::Ref<http::Exchange> exchange)
    : ItemSource(exchange->loop().inbox(),
                 {exchange->item_bytes_max, exchange->item_depth_max},
                 ErrorCode::invalid_argument, ErrorCode::invalid_argument),
      exchange_(std::move(exchange)) {}

}  // namespace tidewire::patterns::request_response
