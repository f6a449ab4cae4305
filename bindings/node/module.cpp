// The addon `tidewire.node`: its version, and one function, attach(), which gives a copy of the
// package its own Handoff and the native functions bound to it.
//
// An environment (the main thread, each worker thread) loads the addon for itself, and one
// environment may load the package several times (jest does, per test file). Nothing here is
// static, so they share nothing.

#include <memory>
#include <utility>
#include <vector>

#include <napi.h>

#include <tidewire/version.hpp>

#include "arguments.hpp"
#include "client.hpp"
#include "handoff.hpp"
#include "request.hpp"
#include "schema.hpp"
#include "server.hpp"
#include "stream.hpp"
#include "value.hpp"
#include "web_options.hpp"

namespace tidewire::node {
namespace {

// (held): whether the environment is kept alive
Napi::Value hold(Handoff& handoff, const Napi::CallbackInfo& info) {
    (void)handoff.host(info.Env());
    handoff.doorbell().hold(info.Env(), info[0].ToBoolean());
    return info.Env().Undefined();
}

class Module : public Napi::Addon<Module> {
public:
    Module(Napi::Env env, Napi::Object exports) {
        DefineAddon(exports, {InstanceMethod("attach", &Module::attach),
                              InstanceValue("version", Napi::String::New(env, kVersion))});
    }

private:
    Napi::Value attach(const Napi::CallbackInfo& info) {
        const Napi::Env env = info.Env();
        auto handoff = std::make_shared<Handoff>(env, info[0].As<Napi::Object>());
        auto functions = Napi::Object::New(env);
        functions.Set("events", handoff->events(env));
        define<&hold>(functions, "hold", *handoff);
        define_server_functions(functions, *handoff);
        define_web_functions(functions, *handoff);
        define_request_functions(functions, *handoff);
        define_client_functions(functions, *handoff);
        define_stream_functions(functions, *handoff);
        define_value_functions(functions, *handoff);
        define_schema_functions(functions, *handoff);
        handoffs_.push_back(std::move(handoff));
        return functions;
    }

    // They live as long as the functions that are bound to them may be called.
    std::vector<std::shared_ptr<Handoff>> handoffs_;
};

}  // namespace

NODE_API_NAMED_ADDON(tidewire, Module)

}  // namespace tidewire::node
