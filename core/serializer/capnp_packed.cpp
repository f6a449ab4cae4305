// The packed framing of Cap'n Proto messages, https://capnproto.org/encoding.html#packing.
#include <tidewire/capnp_message.hpp>

#include <cstring>

#include "serializer/capnp_headers.hpp"

#include <capnp/serialize-packed.h>
#include <kj/io.h>
#include <kj/vector.h>

namespace tidewire {
namespace {

kj::ArrayPtr<const kj::byte> bytes_of(std::string_view text) noexcept {
    return kj::arrayPtr(reinterpret_cast<const kj::byte*>(text.data()), text.size());
}

class Collector final : public kj::OutputStream {
public:
    void write(const void* bytes, std::size_t size) override {
        out.append(static_cast<const char*>(bytes), size);
    }
    std::string out;
};

}  // namespace

Result<std::string> pack_message(std::string_view message) {
    if (message.empty() || message.size() % sizeof(capnp::word) != 0) {
        return Error(ErrorCode::invalid_argument, "a message is a whole number of words");
    }
    Collector packed;
    kj::BufferedOutputStreamWrapper buffered(packed);
    capnp::_::PackedOutputStream packer(buffered);
    packer.write(message.data(), message.size());
    buffered.flush();
    return std::move(packed.out);
}

Result<std::string> unpack_message(std::string_view packed, const MessageLimits& limits) {
    try {
        kj::ArrayInputStream input(bytes_of(packed));
        capnp::ReaderOptions options;
        options.traversalLimitInWords = limits.message_bytes_max / sizeof(capnp::word);
        capnp::PackedMessageReader reader(input, options);
        kj::Vector<kj::ArrayPtr<const capnp::word>> segments;
        while (true) {
            const auto segment = reader.getSegment(static_cast<unsigned>(segments.size()));
            if (segment.begin() == nullptr) break;
            segments.add(segment);
        }
        KJ_REQUIRE(input.tryGetReadBuffer().size() == 0, "it is followed by more bytes");
        const auto words = capnp::messageToFlatArray(segments.asPtr());
        const auto bytes = words.asBytes();
        return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
    } catch (const kj::Exception& exception) {
        return Error(ErrorCode::invalid_data, "not a valid packed message: " +
                                                  std::string(exception.getDescription().cStr()));
    }
}

}  // namespace tidewire
