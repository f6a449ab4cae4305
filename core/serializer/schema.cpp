// Schema::load and parse: the only place that runs the Cap'n Proto compiler.
#include <tidewire/schema.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "serializer/capnp_headers.hpp"
#include "serializer/schema_compile.hpp"

namespace tidewire {
namespace {

constexpr std::string_view kTextName = "schema.capnp";

Error failed(const kj::Exception& problem, std::string_view path) {
    std::string file(problem.getFile());
    // Not what(): that would run a program to name the lines of the stack.
    const std::string text(problem.getDescription().cStr());
    // A problem of the library itself bears a line of its own source.
    if (file.ends_with(".c++") || file.ends_with(".h")) {
        return Error(ErrorCode::invalid_argument, "the schema cannot be read: " + text);
    }
    // The library counts lines from 0, and trims folders off the front of names.
    if (path.ends_with(file)) file = path;
    return Error(ErrorCode::invalid_argument,
                 file + ":" + std::to_string(problem.getLine() + 1) + ": " + text);
}

// Runs what throws as the library does.
template <class F>
auto caught(std::string_view path, F run) -> decltype(run()) {
    try {
        return run();
    } catch (const kj::Exception& problem) {
        return failed(problem, path);
    } catch (const std::exception& problem) {
        return Error(ErrorCode::invalid_argument, problem.what());
    }
}

kj::Path path_from_root(const std::filesystem::path& path) {
    const auto whole = std::filesystem::absolute(path).lexically_normal().string();
    return kj::Path(nullptr).evalNative(whole);
}

// The folders that imports come from. They must live as long as the parser.
class ImportPath {
public:
    Result<void> open(const kj::ReadableDirectory& root, const SchemaOptions& options) {
        for (const auto& path : options.import_paths) {
            auto folder = root.tryOpenSubdir(path_from_root(path));
            KJ_IF_MAYBE (found, folder) {
                add(kj::mv(*found));
            } else {
                return Error(ErrorCode::invalid_argument, "import path " + path + " is no folder");
            }
        }
        for (const char* path : {"/usr/local/include", "/usr/include"}) {
            auto folder = root.tryOpenSubdir(path_from_root(path));
            KJ_IF_MAYBE (found, folder) add(kj::mv(*found));
        }
        return {};
    }
    [[nodiscard]] kj::ArrayPtr<const kj::ReadableDirectory* const> folders() const {
        return {folders_.data(), folders_.size()};
    }

private:
    void add(kj::Own<const kj::ReadableDirectory> folder) {
        folders_.push_back(folder.get());
        owned_.push_back(kj::mv(folder));
    }
    std::vector<kj::Own<const kj::ReadableDirectory>> owned_;
    std::vector<const kj::ReadableDirectory*> folders_;
};

void name_structs(serializer::SchemaCompiler& compiler, capnp::ParsedSchema node,
                  const std::string& prefix) {
    for (const auto nested : node.getAllNested()) {
        const auto proto = nested.getProto();
        const std::string name = prefix + (proto.getDisplayName().cStr() +
                                           proto.getDisplayNamePrefixLength());
        if (proto.isStruct()) compiler.name(name, compiler.structure(nested.asStruct()));
        if (!proto.isFile()) name_structs(compiler, nested, name + ".");
    }
}

std::shared_ptr<const serializer::SchemaTables> compile(const kj::ReadableDirectory& base,
                                                        kj::Path path, const ImportPath& imports) {
    const capnp::SchemaParser parser;
    const auto file = parser.parseFromDirectory(base, kj::mv(path), imports.folders());
    serializer::SchemaCompiler compiler;
    name_structs(compiler, file, "");
    return compiler.finish();
}

}  // namespace

Result<Schema> Schema::load(const std::string& path, SchemaOptions options) {
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code)) {
        return Error(ErrorCode::invalid_argument, path + ": there is no such schema file");
    }
    return caught(path, [&]() -> Result<Schema> {
        const auto disk = kj::newDiskFilesystem();
        ImportPath imports;
        if (auto opened = imports.open(disk->getRoot(), options); !opened) return opened.error();
        return Schema(compile(disk->getRoot(), path_from_root(path), imports));
    });
}

Result<Schema> Schema::parse(std::string_view text, SchemaOptions options) {
    return caught(kTextName, [&]() -> Result<Schema> {
        const auto disk = kj::newDiskFilesystem();
        ImportPath imports;
        if (auto opened = imports.open(disk->getRoot(), options); !opened) return opened.error();
        const auto folder = kj::newInMemoryDirectory(kj::nullClock());
        const kj::Path name(kj::StringPtr(kTextName.data(), kTextName.size()));
        folder->openFile(name, kj::WriteMode::CREATE)
            ->writeAll(kj::ArrayPtr<const char>(text.data(), text.size()).asBytes());
        return Schema(compile(*folder, name.clone(), imports));
    });
}

}  // namespace tidewire
