// c++ call_azmq.cpp -lzmq -lboost_system: azmq is headers, of https://github.com/zeromq/azmq; libboost-system-dev
#include <azmq/socket.hpp>
#include <boost/asio/steady_timer.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

namespace asio = boost::asio;

int main(int count, char **arguments) {
    if (count != 2) return 64;
    asio::io_service service;
    azmq::dealer_socket dealer(service);
    dealer.set_option(azmq::socket::linger(0));
    dealer.connect(arguments[1]);

    std::array<std::uint8_t, 16> preamble{'S', '1', 1, 0, 0xE8, 3, 0, 0, 7};  // REQ, 1000 ms, id 7
    std::array<asio::const_buffer, 3> request{
        asio::buffer(preamble), asio::buffer("_health.live\n", 13), asio::const_buffer()};
    std::string status;
    asio::steady_timer deadline(service, std::chrono::seconds(5));
    deadline.async_wait([&](boost::system::error_code) { dealer.cancel(); });
    dealer.async_send(request, [&](boost::system::error_code error, std::size_t) {
        if (error) return;
        dealer.async_receive([&](boost::system::error_code error, azmq::message first, std::size_t) {
            azmq::message_vector rest;
            if (!error) dealer.receive_more(rest, 0, error);
            deadline.cancel();
            if (error || rest.size() != 2) return;
            auto bytes = static_cast<const std::uint8_t *>(first.data());
            if (first.size() == 16 && bytes[2] == 2 && bytes[8] == 7) status = rest[0].string().substr(0, 3);
            std::cout << status << " " << rest[1].string() << std::endl;
        });
    });
    service.run();
    return status != "200";
}
