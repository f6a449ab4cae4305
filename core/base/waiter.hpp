// Waiter: the one form of callback in the core. An object that is told "look again", and nothing
// else. It is registered by reference, rung from the loop, on the loop's thread, never from inside
// the call that registered it.
#pragma once

namespace tidewire::base {

class Waiter {
public:
    virtual void ring() = 0;

protected:
    ~Waiter() = default;
};

// A Waiter that calls one member function: `MemberWaiter<&Thing::look_again> waiter_{*this}`.
template <auto Member>
class MemberWaiter;
template <class Owner, void (Owner::*Member)()>
class MemberWaiter<Member> final : public Waiter {
public:
    explicit MemberWaiter(Owner& owner) noexcept : owner_(owner) {}
    void ring() override { (owner_.*Member)(); }

private:
    Owner& owner_;
};

}  // namespace tidewire::base
