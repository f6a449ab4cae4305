// The live figures of this machine, as the kernel tells them in /proc (proc(5)).
#pragma once

#include <string_view>

#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

// {"server": {language, pid}, "cpu": {...}, "memory": {...}, "network": {...}}
[[nodiscard]] tidewire::Value machine();
// One of "cpu", "memory" and "network"; not_found for any other name.
[[nodiscard]] tidewire::Result<tidewire::Value> machine_part(std::string_view name);
