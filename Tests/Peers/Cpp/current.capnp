# What the Cap'n Proto peer is asked.
@0xb5d5f2c1a9e04f37;

interface Time {
  current @0 (text :Text) -> (text :Text);
}
