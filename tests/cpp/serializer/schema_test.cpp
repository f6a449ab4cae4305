// Schema: `.capnp` files become tables, and problems in them become errors.
#include <tidewire/schema.hpp>
#include <tidewire/value.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <random>

using namespace tidewire;

namespace {

constexpr std::string_view kPerson = R"(@0x934efea7f017fff0;
enum Color { red @0; green @1; }
struct Person {
  id @0 :UInt32 = 7;
  name @1 :Text = "hi";
  big @2 :Int64 = -5;
  color @3 :Color = green;
  ratio @4 :Float64 = inf;
  active @5 :Bool;
  phones @6 :List(Phone);
  home :group { street @7 :Text; number @8 :UInt16; }
  union { none @9 :Void; boss @10 :Person; }
  struct Phone { number @0 :Text; }
}
struct Pair(A) { first @0 :A; count @1 :UInt8; }
struct Uses { a @0 :Pair(Text); b @1 :Pair(Person); c @2 :Pair(Text); any @3 :AnyPointer; }
)";

Schema parsed(std::string_view text) {
    auto schema = Schema::parse(text);
    INFO((schema ? "" : std::string(schema.error().message())));
    REQUIRE(schema);
    return *schema;
}

class Folder {
public:
    Folder() : path_(std::filesystem::temp_directory_path() / ("schema_test" + unique())) {
        std::filesystem::create_directories(path_ / "sub");
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& name, std::string_view text) const {
        std::ofstream(path_ / name) << text;
        return (path_ / name).string();
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    static std::string unique() { return std::to_string(std::random_device{}()); }
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("A schema gives its structs by name, inner ones with the outer name before") {
    const Schema schema = parsed(kPerson);
    CHECK(schema.type_names() ==
          std::vector<std::string>{"Person", "Person.Phone", "Pair", "Uses"});
    CHECK(schema.type("Person")->name() == "Person");
    CHECK(schema.type("Person.Phone")->layout().pointer_count == 1);
    CHECK(schema.type("Phone").error().code() == ErrorCode::invalid_argument);
    CHECK(schema.type("Color").error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("A type outlives its schema and equals itself only") {
    Type type;
    CHECK_FALSE(type);
    {
        const Schema schema = parsed(kPerson);
        type = *schema.type("Person");
        CHECK(type == *schema.type("Person"));
        CHECK_FALSE(type == *schema.type("Uses"));
    }
    REQUIRE(type);
    CHECK(type.layout().find("big")->type->kind == TypeKind::int64);
    CHECK(type.layout().find("nothing") == nullptr);
}

TEST_CASE("The layout says where each field lies, its default and its place in the union") {
    const Schema schema = parsed(kPerson);
    const Type type = *schema.type("Person");
    const StructLayout& person = type.layout();
    CHECK(person.data_words == 4);
    CHECK(person.pointer_count == 4);
    CHECK(person.discriminant_count == 2);
    CHECK(person.find("id")->default_bits == 7);
    CHECK(person.find("big")->default_bits == static_cast<std::uint64_t>(-5));
    CHECK(person.find("color")->default_bits == 1);
    CHECK(person.find("color")->type->enumeration->enumerants[1] == "green");
    CHECK(person.find("phones")->type->element->structure->name == "Phone");
    CHECK(person.find("home")->group->find("street")->offset == 2);
    CHECK(person.find("boss")->discriminant == 1);
    CHECK(person.find("boss")->type->structure == &person);
    CHECK(person.fields[person.by_discriminant[1]].name == "boss");
    CHECK(person.find("id")->discriminant == kNotInUnion);
    CHECK(person.find("name")->default_message.size() == 24);
}

TEST_CASE("describe() is one JSON text from which accessors can be made") {
    const auto all = Value::parse(parsed(kPerson).describe());
    REQUIRE(all);
    const std::string id = *(*all)["types"]["Person"].as<std::string>();
    const Value& person = (*all)["nodes"][id];
    CHECK(person["kind"] == Value("struct"));
    CHECK(person["dataWords"] == Value(4));
    CHECK(person["discriminantCount"] == Value(2));
    const Value& fields = person["fields"];
    REQUIRE(fields.size() == 10);
    CHECK(fields[0].dump().value() ==
          R"({"name":"id","kind":"slot","offset":0,"type":{"kind":"uint32"},"default":7})");
    CHECK(fields[2]["default"] == Value("-5"));
    CHECK(fields[3]["default"] == Value(1));
    const Value& color = (*all)["nodes"][*fields[3]["type"]["id"].as<std::string>()];
    CHECK(color.dump().value() ==
          R"({"kind":"enum","name":"Color","enumerants":["red","green"]})");
    CHECK(fields[4]["default"] == Value("Infinity"));
    CHECK(fields[6]["type"]["element"]["kind"] == Value("struct"));
    CHECK(fields[6]["default"].is_null());
    CHECK(fields[7]["kind"] == Value("group"));
    CHECK((*all)["nodes"][*fields[7]["group"].as<std::string>()]["group"] == Value(true));
    CHECK(fields[9]["discriminant"] == Value(1));
    // One segment of two words: a pointer to a list of three bytes, and "hi" with its zero.
    CHECK(fields[1]["default"] == Value("AAAAAAIAAAABAAAAGgAAAGhpAAAAAAAA"));
}

TEST_CASE("Instances of a generic struct are nodes of their own") {
    const auto all = Value::parse(parsed(kPerson).describe());
    const Value& uses = (*all)["nodes"][*(*all)["types"]["Uses"].as<std::string>()]["fields"];
    const auto node = [&](std::size_t field) {
        return *uses[field]["type"]["id"].as<std::string>();
    };
    CHECK(node(0) == node(2));
    CHECK(node(0) != node(1));
    CHECK((*all)["nodes"][node(0)]["fields"][0]["type"]["kind"] == Value("text"));
    CHECK((*all)["nodes"][node(1)]["fields"][0]["type"]["kind"] == Value("struct"));
    CHECK(uses[3]["type"]["kind"] == Value("anyPointer"));
}

TEST_CASE("A file may import from its folder, from above it and from the import paths") {
    const Folder folder;
    folder.write("base.capnp", "@0x934efea7f017fff1; struct Base { n @0 :Int8; }");
    folder.write("sub/shared.capnp", "@0x934efea7f017fff2; struct Shared { n @0 :Int8; }");
    const auto path = folder.write("sub/main.capnp", R"(@0x934efea7f017fff3;
using Base = import "../base.capnp".Base;
using Shared = import "/shared.capnp".Shared;
struct Main { base @0 :Base; shared @1 :Shared; })");

    CHECK_FALSE(Schema::load(path));
    const auto schema = Schema::load(path, {{folder.path() + "/sub"}});
    INFO((schema ? "" : std::string(schema.error().message())));
    REQUIRE(schema);
    CHECK(schema->type("Main")->layout().find("base")->type->structure->name == "Base");
}

TEST_CASE("What is wrong with a schema is told with its file and line") {
    const auto message = [](const Result<Schema>& schema) {
        REQUIRE_FALSE(schema);
        CHECK(schema.error().code() == ErrorCode::invalid_argument);
        return std::string(schema.error().message());
    };
    CHECK_THAT(message(Schema::parse("@0x934efea7f017fff0;\nstruct A { a @0 :Nothing; }")),
               Catch::StartsWith("schema.capnp:2: ") && Catch::Contains("Nothing"));
    CHECK_THAT(message(Schema::parse("struct A {")), Catch::StartsWith("schema.capnp:1: "));
    CHECK_THAT(message(Schema::parse("@0x934efea7f017fff0;\nimport \"/no.capnp\";")),
               Catch::StartsWith("schema.capnp:"));
    CHECK_THAT(message(Schema::load("nowhere.capnp")), Catch::StartsWith("nowhere.capnp: "));
    CHECK_THAT(message(Schema::load("/")), Catch::Contains("no such"));
    CHECK_THAT(message(Schema::parse("", {{"/nowhere"}})), Catch::Contains("/nowhere"));

    const Folder folder;
    const auto path = folder.write("broken.capnp", "@0x934efea7f017fff0;\n\nstruct A { x }");
    CHECK_THAT(message(Schema::load(path)), Catch::StartsWith(path + ":3: "));
}
