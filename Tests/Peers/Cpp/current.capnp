# The interface of the Cap'n Proto peer.
@0xb5d5f2c1a9e04f37;

interface Time {
  current @0 (text :Text) -> (text :Text);
}
