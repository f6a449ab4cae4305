@0xb5a2e1c47d90f386;
# The record of twelve fields that the programs of this folder convert.

struct Record {
  id @0 :UInt64;
  name @1 :Text;
  email @2 :Text;
  age @3 :UInt8;
  active @4 :Bool;
  score @5 :Float32;
  balance @6 :Float64;
  country @7 :Text;
  tags @8 :List(Text);
  role @9 :Role;
  created @10 :Int64;
  note @11 :Text;
  enum Role { user @0; admin @1; }
}
