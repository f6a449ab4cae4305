// Exposition: metrics as Prometheus reads them, its text format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidewire::patterns::operations {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

class Exposition {
public:
    using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

    // The samples that follow are of this family. `type`: counter, gauge or histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);
    // Of the current family; `suffix` as "_bucket".
    void sample(const Labels& labels, double value, std::string_view suffix = {});
    void sample(const Labels& labels, std::uint64_t value, std::string_view suffix = {});
    // A family of one sample.
    template <class Number>
    void single(std::string_view name, std::string_view type, std::string_view help,
                Number value) {
        family(name, type, help);
        sample({}, value);
    }

    [[nodiscard]] std::string take() noexcept { return std::move(text_); }

private:
    void begin(const Labels& labels, std::string_view suffix);

    std::string text_;
    std::string name_;
};

// The shortest decimal that is this number; Prometheus' names for what is none.
[[nodiscard]] std::string number_text(double value);

}  // namespace tidewire::patterns::operations
