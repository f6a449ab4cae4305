// All of tidewire's public C++ API.
#pragma once

#include <tidewire/call.hpp>
#include <tidewire/client.hpp>
#include <tidewire/error.hpp>
#include <tidewire/etag.hpp>
#include <tidewire/headers.hpp>
#include <tidewire/limits.hpp>
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/runtime.hpp>
#include <tidewire/server.hpp>
#include <tidewire/stream.hpp>
#include <tidewire/tls.hpp>
#include <tidewire/value.hpp>
#include <tidewire/version.hpp>
