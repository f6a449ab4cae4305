#include "server.hpp"

#include "arguments.hpp"
#include "tls_options.hpp"
#include "web_options.hpp"

namespace tidewire::node {
namespace {

Server& server_at(Handoff& handoff, const Napi::Value& slot) {
    auto* server = handoff.servers.find(slot.As<Napi::Number>().Uint32Value());
    if (server == nullptr) {
        throw handoff.exception(slot.Env(), Error(ErrorCode::misuse, "the server was stopped"));
    }
    return **server;
}

// (address, loops or undefined, limits or undefined, debug, web options) -> server
Napi::Value server_create(Handoff& handoff, const Napi::CallbackInfo& info) {
    ServerOptions options;
    options.address = utf8(info[0]);
    if (!info[1].IsUndefined()) options.loops = info[1].As<Napi::Number>().Uint32Value();
    read_limits(handoff, info[2], options.limits);
    options.debug = info[3].ToBoolean();
    read_web_options(info[4].As<Napi::Object>(), options);
    options.host = handoff.host(info.Env());
    const auto slot = handoff.servers.add(std::make_unique<Server>(std::move(options)));
    return Napi::Number::New(info.Env(), slot);
}

// (server, HTTP method, pattern, number of the handler)
Napi::Value server_route(Handoff& handoff, const Napi::CallbackInfo& info) {
    Server& server = server_at(handoff, info[0]);
    const std::uint32_t handler = info[3].As<Napi::Number>().Uint32Value();
    checked(handoff, info.Env(),
            server.route_async(utf8(info[1]), utf8(info[2]),
                               handoff.host(info.Env())->handler(handler)));
    return info.Env().Undefined();
}

// (server, name, number of the handler, whether it is pure, a number of Streams)
Napi::Value server_method(Handoff& handoff, const Napi::CallbackInfo& info) {
    Server& server = server_at(handoff, info[0]);
    const std::uint32_t handler = info[2].As<Napi::Number>().Uint32Value();
    checked(handoff, info.Env(),
            server.method_raw(utf8(info[1]), handoff.host(info.Env())->handler(handler), true,
                              {.pure = info[3].ToBoolean(),
                               .streams = static_cast<Streams>(
                                   info[4].As<Napi::Number>().Uint32Value() & 3)}));
    return info.Env().Undefined();
}

// (server, number of the handler that is asked before every other)
Napi::Value server_admission(Handoff& handoff, const Napi::CallbackInfo& info) {
    Server& server = server_at(handoff, info[0]);
    const std::uint32_t handler = info[1].As<Napi::Number>().Uint32Value();
    checked(handoff, info.Env(),
            server.admission_raw(handoff.host(info.Env())->handler(handler)));
    return info.Env().Undefined();
}

// (server)
Napi::Value server_start(Handoff& handoff, const Napi::CallbackInfo& info) {
    checked(handoff, info.Env(), server_at(handoff, info[0]).start());
    return info.Env().Undefined();
}

// (server, grace in ms or undefined, operation): completes when it has stopped
Napi::Value server_stop(Handoff& handoff, const Napi::CallbackInfo& info) {
    Server& server = server_at(handoff, info[0]);
    const auto grace = duration(info[1]).value_or(std::chrono::milliseconds(-1));
    const std::uint32_t operation = info[2].As<Napi::Number>().Uint32Value();
    auto done = handoff.host(info.Env())->completion_void(operation);
    server.stop_async(grace, [done = std::move(done)]() mutable { done(Result<void>()); });
    return info.Env().Undefined();
}

// (server, TLS options)
Napi::Value server_reload_tls(Handoff& handoff, const Napi::CallbackInfo& info) {
    const auto tls = server_tls_from(info[1]).value_or(Tls{});
    checked(handoff, info.Env(), server_at(handoff, info[0]).reload_tls(tls));
    return info.Env().Undefined();
}

// (server): ends it, without grace should it still serve
Napi::Value server_release(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t slot = info[0].As<Napi::Number>().Uint32Value();
    if (handoff.servers.find(slot) != nullptr) (void)handoff.servers.take(slot);
    return info.Env().Undefined();
}

// (server, boolean)
Napi::Value server_set_ready(Handoff& handoff, const Napi::CallbackInfo& info) {
    server_at(handoff, info[0]).set_ready(info[1].ToBoolean());
    return info.Env().Undefined();
}

Napi::Value server_url(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), server_at(handoff, info[0]).url());
}

Napi::Value server_port(Handoff& handoff, const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), server_at(handoff, info[0]).port());
}

Napi::Value server_stats(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const ServerStats stats = server_at(handoff, info[0]).stats();
    auto object = Napi::Object::New(env);
    const auto set = [&](const char* name, auto value) {
        object.Set(name, Napi::Number::New(env, static_cast<double>(value)));
    };
    set("connections", stats.connections);
    set("connectionsAccepted", stats.connections_accepted);
    set("requests", stats.requests);
    set("requestsInFlight", stats.requests_in_flight);
    set("requestsCancelled", stats.requests_cancelled);
    set("protocolErrors", stats.protocol_errors);
    set("appStallSeconds", stats.app_stall_seconds);
    return object;
}

}  // namespace

void define_server_functions(Napi::Object& exports, Handoff& handoff) {
    define<&server_create>(exports, "serverCreate", handoff);
    define<&server_route>(exports, "serverRoute", handoff);
    define<&server_method>(exports, "serverMethod", handoff);
    define<&server_admission>(exports, "serverAdmission", handoff);
    define<&server_start>(exports, "serverStart", handoff);
    define<&server_stop>(exports, "serverStop", handoff);
    define<&server_reload_tls>(exports, "serverReloadTls", handoff);
    define<&server_release>(exports, "serverRelease", handoff);
    define<&server_set_ready>(exports, "serverSetReady", handoff);
    define<&server_url>(exports, "serverUrl", handoff);
    define<&server_port>(exports, "serverPort", handoff);
    define<&server_stats>(exports, "serverStats", handoff);
}

}  // namespace tidewire::node
