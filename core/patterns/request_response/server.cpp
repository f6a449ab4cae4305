#include "patterns/request_response/server.hpp"

#include <array>
#include <charconv>
#include <exception>
#include <functional>
#include <utility>

#include <tidewire/value.hpp>

#include "patterns/request_response/values.hpp"

namespace tidewire::patterns::request_response {
namespace {

using codec::http1::WebField;

constexpr std::size_t kNameBytesMax = 250;
// The longest deadline a caller may ask for, so that the clock plus it cannot overflow: a year.
constexpr long long kTimeoutMsMax = 365LL * 24 * 3600 * 1000;

constexpr std::array<std::string_view, 11> kReserved{
    "/methods", "/topics",  "/socket",       "/jobs",          "/tickets",  "/healthz",
    "/readyz",  "/metrics", "/openapi.json", "/asyncapi.json", "/_tidewire"};

bool reserved(std::string_view pattern) {
    for (const auto prefix : kReserved) {
        if (pattern == prefix) return true;
        if (pattern.starts_with(prefix) && pattern[prefix.size()] == '/') return true;
    }
    return false;
}

bool http_method_ok(std::string_view method) {
    if (method.empty() || method.size() > 32) return false;
    for (const char c : method) {
        if (c < 'A' || c > 'Z') return false;
    }
    return method != "CONNECT";
}

Response with_allow(std::string_view allow) {
    Response response = Response::problem(Error(ErrorCode::method_not_allowed));
    response.headers.add_unchecked("Allow", allow);
    return response;
}

}  // namespace

bool valid_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > kNameBytesMax) return false;
    bool token = false;
    for (const char c : name) {
        if (c == '.') {
            if (!token) return false;
            token = false;
            continue;
        }
        token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-';
        if (!token) return false;
    }
    return token;
}

Result<void> Service::insert_route(std::string_view http_method, std::string_view pattern,
                                   Route route) {
    if (!http_method_ok(http_method)) {
        return Error(ErrorCode::invalid_argument,
                     "HTTP method " + std::string(http_method) + " must be of A-Z, not CONNECT");
    }
    if (reserved(pattern)) {
        return Error(ErrorCode::invalid_argument,
                     "pattern " + std::string(pattern) + ": this path is tidewire's own");
    }
    return take_route(http_method, pattern, std::move(route));
}

Result<void> Service::take_route(std::string_view http_method, std::string_view pattern,
                                 Route route) {
    auto added = router_.add(http_method, pattern, static_cast<std::uint32_t>(routes_.size()));
    if (!added) return added;
    route.name = std::string(http_method) + " " + std::string(pattern);
    route.number = number_for(route.name);
    routes_.push_back(std::move(route));
    return {};
}

std::uint32_t Service::number_for(std::string name) {
    operations_.push_back(std::move(name));
    return static_cast<std::uint32_t>(operations_.size() - 1);
}

Result<void> Service::add_route(std::string_view http_method, std::string_view pattern,
                                Handler handler, Executor* executor) {
    return insert_route(http_method, pattern, {std::move(handler), {}, executor});
}

Result<void> Service::add_async_route(std::string_view http_method, std::string_view pattern,
                                      AsyncHandler handler) {
    return insert_route(http_method, pattern, {{}, std::move(handler), nullptr});
}

Result<void> Service::insert_method(std::string_view name, Method method) {
    if (!valid_name(name)) {
        return Error(ErrorCode::invalid_argument,
                     "method name " + std::string(name) +
                         ": tokens of A-Z, a-z, 0-9, _ and - joined by single dots, at most 250");
    }
    if (methods_.contains(name)) {
        return Error(ErrorCode::invalid_argument, "method " + std::string(name) + " is taken");
    }
    method.number = number_for(std::string(name));
    methods_.emplace(name, std::move(method));
    return {};
}

Result<void> Service::add_method(std::string_view name, MethodHandler handler,
                                 const MethodOptions& options) {
    return insert_method(name, {std::move(handler), {}, {}, false, options.pure});
}
Result<void> Service::add_async_method(std::string_view name, AsyncMethodHandler handler,
                                       const MethodOptions& options) {
    return insert_method(name, {{}, std::move(handler), {}, false, options.pure});
}
Result<void> Service::add_raw_method(std::string_view name, AsyncHandler handler, bool scan_json,
                                     const MethodOptions& options) {
    if (options.pure && options.streams != Streams::none) {
        return Error(ErrorCode::invalid_argument,
                     "method " + std::string(name) + " streams: it cannot be pure");
    }
    return insert_method(
        name, {{}, {}, std::move(handler), scan_json, options.pure, 0, options.streams});
}

template <class F>
void Service::guarded(http::Exchange& exchange, F run) const {
    try {
        run();
    } catch (const Error& error) {
        exchange.respond(Response::problem(error));
    } catch (const std::exception& error) {
        exchange.respond(thrown(error.what()));
    } catch (...) {
        exchange.respond(thrown(nullptr));
    }
}

http::BodyMode Service::on_head(http::Exchange& exchange) {
    if (wants_streamed(exchange)) return http::BodyMode::streamed;
    if (!exchange.head.framing.expect_continue) return http::BodyMode::whole;
    return refused_by_head(exchange) ? http::BodyMode::streamed : http::BodyMode::whole;
}

bool Service::refused_by_head(http::Exchange& exchange) const {
    if (guard_.check(exchange.head, exchange.passed_host)) return true;
    if (exchange.head.framing.has(WebField::content_encoding) &&
        !http::reads_coding(exchange.head)) {
        return true;
    }
    const auto path = exchange.target().path;
    if (!path.starts_with(kMethodsPrefix)) {
        std::vector<http::Exchange::Param> params;
        return router_.find(exchange.head.method, path, params).kind !=
               http::Router::Match::Kind::found;
    }
    const auto method = methods_.find(path.substr(kMethodsPrefix.size()));
    return method == methods_.end() ||
           (exchange.head.method != "POST" && !method->second.pure) ||
           content_mismatch(method->second, exchange);
}

void Service::on_exchange(http::Exchange& exchange) {
    if (guard_.has_cors() || representation_.concerns(exchange)) exchange.shaper = this;
    auto refused = guard_.check(exchange.head, exchange.passed_host);
    if (!refused && exchange.head.framing.has(WebField::content_encoding)) {
        refused = http::decode_body(exchange, limits_);
    }
    if (refused) {
        exchange.respond(std::move(*refused));
        return;
    }
    if (!start_deadline(exchange)) return;
    const auto path = exchange.target().path;
    if (path.starts_with(kMethodsPrefix)) {
        run_method(exchange, path.substr(kMethodsPrefix.size()));
    } else {
        run_route(exchange, path);
    }
}

void Service::shape(const http::Exchange& exchange, Response& response) const {
    if (representation_.concerns(exchange)) representation_.apply(exchange, response);
    if (guard_.has_cors()) guard_.add_fields(exchange.head, response);
}

std::unique_ptr<codec::Compressor> Service::shape_head(const http::Exchange& exchange,
                                                       Response& response) const {
    auto coder = representation_.concerns(exchange) ? representation_.begin(exchange, response)
                                                    : nullptr;
    if (guard_.has_cors()) guard_.add_fields(exchange.head, response);
    return coder;
}

bool Service::take_query_args(http::Exchange& exchange) const {
    if (!exchange.body.empty()) {
        exchange.respond(Response::problem(Error(
            ErrorCode::invalid_argument, "a method that is read takes its arguments by ?args=")));
        return false;
    }
    const std::string_view query = exchange.target().query;
    auto args = codec::query_value(query, "args");
    if (!args && (query.starts_with("args=") || query.find("&args=") != query.npos)) {
        exchange.respond(Response::problem(
            Error(ErrorCode::invalid_argument, "?args= is JSON text, %-encoded")));
        return false;
    }
    exchange.body = std::move(args).value_or("");
    exchange.tagged = true;
    exchange.shaper = this;
    return true;
}

bool Service::start_deadline(http::Exchange& exchange) const {
    const auto field = exchange.head.headers.get("tidewire-timeout-ms");
    if (!field) return true;
    long long timeout = 0;
    const char* end = field->data() + field->size();
    const auto [stop, error] = std::from_chars(field->data(), end, timeout);
    if (error != std::errc() || stop != end || timeout < 1 || timeout > kTimeoutMsMax) {
        exchange.respond(Response::problem(
            Error(ErrorCode::invalid_argument,
                  "Tidewire-Timeout-Ms must be a whole number of milliseconds, 1 or more")));
        return false;
    }
    exchange.start_deadline(std::chrono::milliseconds(timeout));
    return true;
}

void Service::run_route(http::Exchange& exchange, std::string_view path) {
    auto match = router_.find(exchange.head.method, path, exchange.params);
    using Kind = http::Router::Match::Kind;
    if (match.kind == Kind::not_found) {
        exchange.respond(Response::problem(Error(ErrorCode::not_found)));
        return;
    }
    if (match.kind == Kind::method_not_allowed) {
        exchange.respond(with_allow(match.allow));
        return;
    }
    const Route& route = routes_[match.handler];
    exchange.operation_number = route.number;
    if (route.own) return call_own(route, exchange);
    admit(exchange, route.name, [this, &route, &exchange] { call_route(route, exchange); });
}

void Service::admit(http::Exchange& exchange, std::string_view name, Function<void()> next) const {
    exchange.operation = name;
    if (admission_.open()) {
        next();
    } else {
        admission_.admit(exchange, Action::call, name, std::move(next));
    }
}

Result<void> Service::ready() const {
    if (middleware_.empty()) return {};
    const auto refused = [](std::string_view name) {
        return Error(ErrorCode::misuse, std::string(name) +
                                            " takes a Reply: middleware stands around handlers "
                                            "that return their answer");
    };
    for (const Route& route : routes_) {
        if (route.async_handler) return refused(route.name);
    }
    for (const auto& [name, method] : methods_) {
        if (!method.handler) return refused(name);
    }
    return {};
}

Response Service::through(std::size_t index, const Request& request, const Next& last) const {
    if (index == middleware_.size()) return last(request);
    return middleware_[index](request, [&, index](const Request& passed) {
        return through(index + 1, passed, last);
    });
}

void Service::call_route(const Route& route, http::Exchange& exchange) {
    if (route.async_handler) {
        guarded(exchange, [&] { route.async_handler(Request(&exchange), Reply(&exchange)); });
    } else if (route.executor != nullptr) {
        const bool posted = route.executor->post(
            [self = shared_from_this(), &route, keep = base::Ref<http::Exchange>(&exchange)] {
                self->run(route.handler, *keep);
            });
        if (!posted) exchange.respond(Response::problem(Error(ErrorCode::no_responders)));
    } else {
        run(route.handler, exchange);
    }
}

void Service::run(const Handler& handler, http::Exchange& exchange) const {
    guarded(exchange, [&] {
        const Request request(&exchange);
        exchange.respond(middleware_.empty() ? handler(request)
                                             : through(0, request, std::cref(handler)));
    });
}

void Service::run_method(http::Exchange& exchange, std::string_view name) {
    const auto found = methods_.find(name);
    if (found == methods_.end()) {
        exchange.respond(Response::problem(
            Error(ErrorCode::not_found, "no method of this name is registered")));
        return;
    }
    const std::string_view http_method = exchange.head.method;
    const bool reads =
        found->second.pure && (http_method == "GET" || http_method == "HEAD");
    if (!reads && http_method != "POST") {
        exchange.respond(with_allow(found->second.pure ? "GET, HEAD, POST" : "POST"));
        return;
    }
    if (reads && !take_query_args(exchange)) return;
    if (const auto mismatch = content_mismatch(found->second, exchange)) {
        exchange.respond(Response::problem(*mismatch));
        return;
    }
    exchange.operation_number = found->second.number;
    admit(exchange, found->first, [this, &exchange, &method = found->second] {
        guarded(exchange, [&] { call_method(method, exchange); });
    });
}

void Service::call_method(const Method& method, http::Exchange& exchange) {
    if (!method.raw_handler) {
        call_with_value(method, exchange);
        return;
    }
    if (method.scan_json && !exchange.body.empty() &&
        exchange.args_serializer == Serializer::json) {
        const auto facts = Value::scan(exchange.body, {limits_.json_depth_max});
        if (!facts) {
            exchange.respond(Response::problem(facts.error()));
            return;
        }
        exchange.json_has_unsafe_integer = facts->has_unsafe_integer;
    }
    method.raw_handler(Request(&exchange), Reply(&exchange));
}

void Service::call_with_value(const Method& method, http::Exchange& exchange) {
    auto args = read_args(exchange);
    if (!args) {
        exchange.respond(Response::problem(args.error()));
        return;
    }
    if (method.async_handler) {
        method.async_handler(std::move(*args), Request(&exchange), Reply(&exchange));
        return;
    }
    const auto answer = [&](const Request& request) {
        const auto reply = method.handler(*args, request);
        return reply ? value_response(*reply, exchange.reply_serializer)
                     : Response::problem(reply.error());
    };
    const Request request(&exchange);
    exchange.respond(middleware_.empty() ? answer(request) : through(0, request, answer));
}

Response Service::thrown(const char* what) const {
    if (debug_ && what != nullptr) return Response::problem(Error(ErrorCode::internal, what));
    return Response::problem(Error(ErrorCode::internal));
}

}  // namespace tidewire::patterns::request_response
