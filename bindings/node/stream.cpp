#include "stream.hpp"

#include "arguments.hpp"
#include "client.hpp"
#include "value.hpp"

namespace tidewire::node {
namespace {

std::uint32_t number_at(const Napi::CallbackInfo& info, std::size_t index) {
    return info[index].As<Napi::Number>().Uint32Value();
}

StreamWriter& writer_at(Handoff& handoff, const Napi::Value& number) {
    auto* writer = handoff.writers.find(number.As<Napi::Number>().Uint32Value());
    if (writer == nullptr) {
        throw handoff.exception(number.Env(), Error(ErrorCode::misuse, "the stream has ended"));
    }
    return *writer;
}

StreamReader& reader_at(Handoff& handoff, const Napi::Value& number) {
    auto* reader = handoff.readers.find(number.As<Napi::Number>().Uint32Value());
    if (reader == nullptr) {
        throw handoff.exception(number.Env(), Error(ErrorCode::misuse, "the stream has ended"));
    }
    return *reader;
}

Napi::Value numbers(Napi::Env env, std::uint32_t writer, std::uint32_t reader) {
    auto both = Napi::Array::New(env, 2);
    both.Set(0U, Napi::Number::New(env, writer));
    both.Set(1U, Napi::Number::New(env, reader));
    return both;
}

CallOptions options_from(const Handoff& handoff, const Napi::Value& timeout,
                         const Napi::Value& headers) {
    return {duration(timeout), headers_from(handoff, headers)};
}

// (slot) -> writer of the reply, which takes the right to answer
Napi::Value request_writer(Handoff& handoff, const Napi::CallbackInfo& info) {
    PendingRequest& pending = handoff.request_at(info[0]);
    return Napi::Number::New(
        info.Env(),
        handoff.writers.add(StreamWriter(pending.request, std::move(pending.reply))));
}

// (slot) -> reader of the items
Napi::Value request_reader(Handoff& handoff, const Napi::CallbackInfo& info) {
    const PendingRequest& pending = handoff.request_at(info[0]);
    return Napi::Number::New(info.Env(), handoff.readers.add(StreamReader(pending.request)));
}

// (slot): its handler has ended, and a writer has answered
Napi::Value request_release(Handoff& handoff, const Napi::CallbackInfo& info) {
    (void)handoff.request_at(info[0]);
    (void)handoff.requests.take(number_at(info, 0));
    return info.Env().Undefined();
}

// (client, method, arguments as JSON, timeout, flat headers) -> reader
Napi::Value client_stream(Handoff& handoff, const Napi::CallbackInfo& info) {
    Client& client = client_at(handoff, info[0]);
    auto reader = client.stream_json(utf8(info[1]), utf8(info[2]),
                                     options_from(handoff, info[3], info[4]));
    return Napi::Number::New(info.Env(), handoff.readers.add(std::move(reader)));
}

// (client, operation, method, timeout, flat headers) -> writer; completes as clientCall does
Napi::Value client_call_with_stream(Handoff& handoff, const Napi::CallbackInfo& info) {
    Client& client = client_at(handoff, info[0]);
    const std::uint32_t operation = number_at(info, 1);
    auto started = client.call_with_stream_json(utf8(info[2]),
                                                options_from(handoff, info[3], info[4]));
    handoff.calls.insert_or_assign(operation, started.reply);
    started.reply.then(handoff.host(info.Env())->completion(operation));
    return Napi::Number::New(info.Env(), handoff.writers.add(std::move(started.items)));
}

// (client, method, timeout, flat headers) -> [writer, reader]
Napi::Value client_stream_with_stream(Handoff& handoff, const Napi::CallbackInfo& info) {
    Client& client = client_at(handoff, info[0]);
    auto started =
        client.stream_with_stream(utf8(info[1]), options_from(handoff, info[2], info[3]));
    return numbers(info.Env(), handoff.writers.add(std::move(started.items)),
                   handoff.readers.add(std::move(started.replies)));
}

// (writer, JSON) -> whether it flows: if not, wait by streamDrained, or nobody reads on
Napi::Value stream_send(Handoff& handoff, const Napi::CallbackInfo& info) {
    const auto flow = writer_at(handoff, info[0]).send_json(utf8(info[1]));
    return Napi::Boolean::New(info.Env(), flow == StreamWriter::Flow::flowing);
}

// (writer, operation): completes when it flows again, or nobody reads on
Napi::Value stream_drained(Handoff& handoff, const Napi::CallbackInfo& info) {
    auto done = handoff.host(info.Env())->completion_void(number_at(info, 1));
    writer_at(handoff, info[0]).when_drained([done = std::move(done)]() mutable { done({}); });
    return info.Env().Undefined();
}

Napi::Value stream_end(Handoff& handoff, const Napi::CallbackInfo& info) {
    writer_at(handoff, info[0]).end();
    (void)handoff.writers.take(number_at(info, 0));
    return info.Env().Undefined();
}

// (writer, code, message or undefined for the table's)
Napi::Value stream_fail(Handoff& handoff, const Napi::CallbackInfo& info) {
    const auto code = error_code_from_name(utf8(info[1])).value_or(ErrorCode::internal);
    writer_at(handoff, info[0]).fail(Error(code, bytes(info[2])));
    (void)handoff.writers.take(number_at(info, 0));
    return info.Env().Undefined();
}

// (reader, operation): completes with items, see Host::completion_items()
Napi::Value stream_read(Handoff& handoff, const Napi::CallbackInfo& info) {
    auto done = handoff.host(info.Env())->completion_items(number_at(info, 1));
    reader_at(handoff, info[0]).read(std::move(done));
    return info.Env().Undefined();
}

// (reader): nobody reads on
Napi::Value stream_release(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t number = number_at(info, 0);
    if (handoff.readers.find(number) != nullptr) (void)handoff.readers.take(number);
    return info.Env().Undefined();
}

// (result, depth of an item) -> the list of items, as parsed() gives it
Napi::Value take_items(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Result<Response> result = handoff.take_result(info[0]);
    if (!result) throw handoff.exception(env, result.error());
    JsonOptions options;
    options.depth_max = std::size_t{number_at(info, 1)} + 1;
    return parsed(handoff, env, result->body, options, ErrorCode::invalid_data);
}

}  // namespace

void define_stream_functions(Napi::Object& exports, Handoff& handoff) {
    define<&request_writer>(exports, "requestWriter", handoff);
    define<&request_reader>(exports, "requestReader", handoff);
    define<&request_release>(exports, "requestRelease", handoff);
    define<&client_stream>(exports, "clientStream", handoff);
    define<&client_call_with_stream>(exports, "clientCallWithStream", handoff);
    define<&client_stream_with_stream>(exports, "clientStreamWithStream", handoff);
    define<&stream_send>(exports, "streamSend", handoff);
    define<&stream_drained>(exports, "streamDrained", handoff);
    define<&stream_end>(exports, "streamEnd", handoff);
    define<&stream_fail>(exports, "streamFail", handoff);
    define<&stream_read>(exports, "streamRead", handoff);
    define<&stream_release>(exports, "streamRelease", handoff);
    define<&take_items>(exports, "takeItems", handoff);
}

}  // namespace tidewire::node
