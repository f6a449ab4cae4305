@0xb7c1a56f3a1f9d02;
# Any value, for calls by Cap'n Proto between ends that share no schema. What JSON can say, and
# beside it integers of 64 bits, numbers that are not finite and bytes.

struct Value {
  name @0 :Text;
  # Of a member of a map; null otherwise. A map is a list of named values, so that a level of a map
  # is one pointer deep, as a level of a list is.

  union {
    null @1 :Void;
    bool @2 :Bool;
    int64 @3 :Int64;
    uint64 @4 :UInt64;
    # Only what is greater than an int64 can be.
    float64 @5 :Float64;
    text @6 :Text;
    data @7 :Data;
    list @8 :List(Value);
    map @9 :List(Value);
    # In the order in which the members were given. Of two with one name the last wins.
  }
}
