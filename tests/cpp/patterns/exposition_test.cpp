#include <catch2/catch.hpp>

#include <limits>

#include "patterns/operations/exposition.hpp"

using tidewire::patterns::operations::Exposition;
using tidewire::patterns::operations::number_text;

TEST_CASE("metrics are written in the text format of Prometheus") {
    Exposition out;
    out.family("a_total", "counter", "Things.");
    out.sample({{"name", "q\"b\\s\nn"}, {"le", "0.5"}}, std::uint64_t{18'446'744'073'709'551'615U},
               "_bucket");
    out.single("b", "gauge", "One.", 0.25);
    CHECK(out.take() ==
          "# HELP a_total Things.\n# TYPE a_total counter\n"
          "a_total_bucket{name=\"q\\\"b\\\\s\\nn\",le=\"0.5\"} 18446744073709551615\n"
          "# HELP b One.\n# TYPE b gauge\nb 0.25\n");
}

TEST_CASE("numbers of metrics are the shortest that are the same") {
    CHECK(number_text(0.1) == "0.1");
    CHECK(number_text(30) == "30");
    CHECK(number_text(std::numeric_limits<double>::infinity()) == "+Inf");
    CHECK(number_text(-std::numeric_limits<double>::infinity()) == "-Inf");
    CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}
