// Router: from method and path to the number of a handler.
//
// `/users/{id}` matches one segment, `/files/{path...}` one or more to the end. A literal segment
// wins over a parameter, a parameter over a rest, and the search goes back when that leads nowhere.
// Segments are compared and given decoded; "%2F" stays inside its segment. Immutable while serving.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tidewire/result.hpp>

#include "http/exchange.hpp"

namespace tidewire::http {

class Router {
public:
    struct Match {
        enum class Kind : std::uint8_t { found, not_found, method_not_allowed };
        Kind kind = Kind::not_found;
        std::uint32_t handler = 0;
        std::string allow;  // of method_not_allowed: "GET, HEAD, POST"
    };

    Router();
    ~Router();

    // invalid_argument for a pattern that is malformed, or taken for that method.
    Result<void> add(std::string_view method, std::string_view pattern, std::uint32_t handler);
    // Fills `params`. HEAD finds GET. Costs no allocation for a literal path.
    [[nodiscard]] Match find(std::string_view method, std::string_view path,
                             std::vector<Exchange::Param>& params) const;

private:
    struct Entry {
        std::string method;
        std::uint32_t handler;
        std::vector<std::string> names;  // of its parameters, in order
    };
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
        std::unique_ptr<Node> parameter;
        std::unique_ptr<Node> rest;
        std::vector<Entry> entries;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    [[nodiscard]] static const Node* descend(const Node& node,
                                             const std::vector<std::string>& segments,
                                             std::size_t depth, std::vector<std::string>& values);
    [[nodiscard]] static Match choose(const Node& node, std::string_view method,
                                      std::vector<std::string>& values,
                                      std::vector<Exchange::Param>& params);

    Node root_;
    // Patterns without parameters, for which no path needs taking apart.
    std::unordered_map<std::string, const Node*, Hash, std::equal_to<>> literal_paths_;
};

}  // namespace tidewire::http
