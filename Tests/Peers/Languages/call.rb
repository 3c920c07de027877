# ruby-ffi-rzmq
require "ffi-rzmq"

dealer = ZMQ::Context.new.socket(ZMQ::DEALER)
dealer.setsockopt(ZMQ::LINGER, 0)
dealer.setsockopt(ZMQ::RCVTIMEO, 5000)
dealer.connect(ARGV[0])
dealer.send_strings([["S1", 1, 0, 1000, 7].pack("a2CCL<Q<"), "_health.live\n", ""])
dealer.recv_strings(frames = [])
preamble, head, body = frames
puts "#{head[0, 3]} #{body}"
exit head.start_with?("200") && preamble.unpack1("@8Q<") == 7
