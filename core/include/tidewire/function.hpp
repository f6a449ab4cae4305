// Function<R(Args...)>: a move-only callable, called any number of times.
//
// std::function asks for copyable targets, and what crosses threads here owns move-only things
// (a Reply, a socket). Targets of up to 48 bytes are kept inside, so that posting a reply to a
// loop allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace tidewire {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
public:
    Function() noexcept = default;
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Function> &&
                 std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
    Function(F&& target) {  // NOLINT(google-explicit-constructor): any callable will do
        using Target = std::remove_cvref_t<F>;
        if constexpr (kInside<Target>) {
            ::new (static_cast<void*>(storage_)) Target(std::forward<F>(target));
            operations_ = &kOperations<Target>;
        } else {
            using Pointer = std::unique_ptr<Target>;
            ::new (static_cast<void*>(storage_))
                Pointer(std::make_unique<Target>(std::forward<F>(target)));
            operations_ = &kOperations<Pointer>;
        }
    }
    Function(Function&& other) noexcept { take(other); }
    Function& operator=(Function&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    Function(const Function&) = delete;
    Function& operator=(const Function&) = delete;
    ~Function() { reset(); }

    explicit operator bool() const noexcept { return operations_ != nullptr; }

    // Contract: not empty.
    R operator()(Args... args) {
        return operations_->call(storage_, std::forward<Args>(args)...);
    }

    void reset() noexcept {
        if (operations_ == nullptr) return;
        operations_->destroy(storage_);
        operations_ = nullptr;
    }

private:
    struct Operations {
        R (*call)(void*, Args&&...);
        void (*move)(void* from, void* to) noexcept;
        void (*destroy)(void*) noexcept;
    };

    static constexpr std::size_t kSize = 48;
    template <class T>
    static constexpr bool kInside = sizeof(T) <= kSize && alignof(T) <= alignof(std::max_align_t) &&
                                    std::is_nothrow_move_constructible_v<T>;

    template <class T>
    struct IsOwner : std::false_type {};
    template <class T>
    struct IsOwner<std::unique_ptr<T>> : std::true_type {};

    template <class T>
    static R call(void* storage, Args&&... args) {
        T& target = *std::launder(static_cast<T*>(storage));
        if constexpr (IsOwner<T>::value) {
            return (*target)(std::forward<Args>(args)...);
        } else {
            return target(std::forward<Args>(args)...);
        }
    }
    template <class T>
    static void move(void* from, void* to) noexcept {
        T* source = std::launder(static_cast<T*>(from));
        ::new (to) T(std::move(*source));
        source->~T();
    }
    template <class T>
    static void destroy(void* storage) noexcept {
        std::launder(static_cast<T*>(storage))->~T();
    }
    template <class T>
    static constexpr Operations kOperations{&call<T>, &move<T>, &destroy<T>};

    void take(Function& other) noexcept {
        operations_ = std::exchange(other.operations_, nullptr);
        if (operations_ != nullptr) operations_->move(other.storage_, storage_);
    }

    const Operations* operations_ = nullptr;
    alignas(std::max_align_t) std::byte storage_[kSize];
};

}  // namespace tidewire
