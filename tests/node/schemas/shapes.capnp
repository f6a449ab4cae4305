@0xc19bf5ed7e0d9d21;
# What the tests of the Node package convert, beside tests/conformance/data/all_types.capnp.

enum Letter { foo @0; bar @1; baz @2; qux @3; quux @4; corge @5; grault @6; garply @7; }

struct Defaults {
  boolField @0 :Bool = true;
  int8Field @1 :Int8 = -123;
  int16Field @2 :Int16 = -12345;
  int32Field @3 :Int32 = -12345678;
  int64Field @4 :Int64 = -123456789012345;
  uInt8Field @5 :UInt8 = 234;
  uInt16Field @6 :UInt16 = 45678;
  uInt32Field @7 :UInt32 = 3456789012;
  uInt64Field @8 :UInt64 = 12345678901234567890;
  float32Field @9 :Float32 = 1234.5;
  float64Field @10 :Float64 = -123e45;
  notANumber @11 :Float32 = nan;
  enumField @12 :Letter = corge;
  textField @13 :Text = "hey";
  dataField @14 :Data = 0x"0102ff";
  listField @15 :List(Int32) = [1, -2];
  structField @16 :Small = (number = 3);
}

struct Small {
  number @0 :UInt8;
  inner @1 :Small;
}

struct Shape {
  # An unnamed union, one with a name, and a group.
  name @0 :Text;
  union {
    nothing @1 :Void;
    circle @2 :Float64;
    polygon @3 :List(Point);
    label :group {
      text @4 :Text;
      size @5 :UInt16 = 12;
    }
  }
  fill :union {
    none @6 :Void;
    color @7 :UInt32;
  }
  struct Point {
    x @0 :Float32;
    y @1 :Float32;
  }
}

struct Nested {
  lists @0 :List(List(List(Int16)));
  shapes @1 :List(List(Shape));
  anything @2 :AnyPointer;
}

struct Tree {
  left @0 :Tree;
  right @1 :Tree;
  more @2 :List(Tree);
}

struct Names {
  # Members that every JavaScript object seems to have.
  constructor @0 :Int32;
  toString @1 :Text;
  hasOwnProperty @2 :Bool;
  valueOf @3 :Names;
}

struct Older {
  number @0 :Int32;
  items @1 :List(Int32);
  names @2 :List(Text);
}

struct Newer {
  # What Older became: longer, and its lists now of structs.
  number @0 :Int32;
  items @1 :List(Item);
  names @2 :List(Named);
  added @3 :Int64 = 7;
  note @4 :Text = "none";
  struct Item {
    value @0 :Int32;
    weight @1 :Float64 = 1;
  }
  struct Named {
    name @0 :Text;
    kind @1 :Letter = bar;
  }
}
