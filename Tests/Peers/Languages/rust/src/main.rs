// librust-zmq-dev
use std::env;

fn main() -> Result<(), zmq::Error> {
    let address = env::args().nth(1).expect("an address");
    let dealer = zmq::Context::new().socket(zmq::DEALER)?;
    dealer.set_linger(0)?;
    dealer.set_rcvtimeo(5000)?;
    dealer.connect(&address)?;
    let mut preamble = b"S1\x01\x00".to_vec();
    preamble.extend_from_slice(&1000u32.to_le_bytes());
    preamble.extend_from_slice(&7u64.to_le_bytes());
    dealer.send_multipart([&preamble[..], b"_health.live\n", b""], 0)?;
    let frames = dealer.recv_multipart(0)?;
    assert!(frames[0][8..] == 7u64.to_le_bytes() && frames[1].starts_with(b"200\n"));
    println!("200 {}", String::from_utf8_lossy(&frames[2]));
    Ok(())
}
