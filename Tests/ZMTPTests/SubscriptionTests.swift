import Testing

@testable import ZMTP

@Suite("A ZMTP session of a PUB")
struct SubscriptionTests {
    /// The two ways to say it: messages of ZMTP 3.0, commands of 3.1.
    enum Form: CaseIterable {
        case message, command

        func subscribe(_ prefix: [UInt8]) -> [UInt8] {
            self == .message ? RFC37.frame([1] + prefix, isLast: true) : RFC37.command("SUBSCRIBE", prefix)
        }

        func cancel(_ prefix: [UInt8]) -> [UInt8] {
            self == .message ? RFC37.frame([0] + prefix, isLast: true) : RFC37.command("CANCEL", prefix)
        }
    }

    @Test("knows what its peer wants, until that is taken back", arguments: Form.allCases, Form.allCases)
    func wants(says: Form, takesBack: Form) throws {
        let end = try End.ready(.pub)
        #expect(!end.wants("auth.trust_updates"))
        let (news, weather) = (Array("auth.".utf8), Array("weather".utf8))
        #expect(try end.read(says.subscribe(news) + says.subscribe(weather) + says.subscribe(news), in: 3) == [])
        #expect(end.wants("auth.trust_updates") && end.wants("auth.") && end.wants("weather"))
        #expect(!end.wants("auth") && !end.wants("") && !end.wants("xauth."))
        #expect(try end.read(takesBack.cancel(news)) == [])
        #expect(!end.wants("auth.trust_updates") && end.wants("weather"))
        // To take back what was not wanted changes nothing.
        #expect(try end.read(takesBack.cancel(news)) == [])
        #expect(end.wants("weather"))
    }

    @Test("sends everything to whoever wants what begins with nothing", arguments: Form.allCases)
    func everything(form: Form) throws {
        let end = try End.ready(.pub)
        try end.read(form.subscribe([]))
        #expect(end.wants("") && end.wants("auth.trust_updates"))
        try end.read(form.cancel([]))
        #expect(!end.wants(""))
    }

    @Test("accepts subscriptions of so many bytes, and ends with who wants more", arguments: Form.allCases)
    func limits(form: Form) throws {
        let end = try End.ready(.pub)
        for number in 0..<113 { try end.read(long(form, [UInt8(number)] + [UInt8](repeating: 7, count: 255))) }
        // A subscription that is cancelled makes room.
        try end.read(long(form, [0] + [UInt8](repeating: 7, count: 255), cancels: true))
        try end.read(long(form, [200] + [UInt8](repeating: 7, count: 255)))
        #expect(throws: ZMTPError.self) { try end.read(long(form, [201] + [UInt8](repeating: 7, count: 255))) }
        let forwarder = try End.ready(.pub)
        for number in 0..<780 { try forwarder.read(form.subscribe(Array("topic-\(1000 + number)".utf8))) }
        #expect(forwarder.wants("topic-1779"))
    }

    /// In a frame whose size has eight bytes.
    private func long(_ form: Form, _ prefix: [UInt8], cancels: Bool = false) -> [UInt8] {
        let name = cancels ? "CANCEL" : "SUBSCRIBE"
        let body = form == .message ? [cancels ? 0 : 1] + prefix : [UInt8(name.utf8.count)] + name.utf8 + prefix
        return [form == .message ? 2 : 6, 0, 0, 0, 0, 0, 0, UInt8(body.count / 256), UInt8(body.count % 256)] + body
    }

    @Test(
        "passes over what is no subscription, as an XSUB may send it",
        arguments: [
            RFC37.frame([], isLast: true), RFC37.frame([2], isLast: true),
            RFC37.frame(Array("hello".utf8), isLast: true),
            RFC37.frame([1, 65], isLast: false) + RFC37.frame([], isLast: true),
        ] as [[UInt8]])
    func rubbish(bytes: [UInt8]) throws {
        let end = try End.ready(.pub)
        #expect(try end.read(bytes) == [])
        try end.read(Form.message.subscribe(Array("auth.".utf8)))
        #expect(end.wants("auth.") && !end.wants("hello"))
    }

    @Test("talks to a SUB and to an XSUB, and a SUB to a PUB and to an XPUB, and to no other")
    func partners() throws {
        let partners: [ZMTPSession.SocketRole: Set] = [.pub: ["SUB", "XSUB"], .sub: ["PUB", "XPUB"]]
        for (role, known) in partners {
            for peer in ["SUB", "XSUB", "PUB", "XPUB", "DEALER", "ROUTER", "REQ", "REP"] {
                let end = End(role)
                #expect(end.written() == ZMTPGreeting.bytes + RFC37.ready(role.rawValue))
                let events = try? end.read(ZMTPGreeting.bytes + RFC37.ready(peer))
                #expect(events == (known.contains(peer) ? [.ready] : nil))
            }
        }
    }

    @Test("is understood by the one of a SUB, which says as a message what it wants")
    func bothEnds() throws {
        let subscriber = try End.ready(.sub)
        let publisher = try End.ready(.pub)
        subscriber.session.output.append(subscription: Array("auth.trust_updates".utf8))
        let said = subscriber.written()
        #expect(said == RFC37.frame([1] + Array("auth.trust_updates".utf8), isLast: true))
        try publisher.read(said)
        #expect(publisher.wants("auth.trust_updates") && !publisher.wants("auth.change"))
        let news = RFC37.frame(Array("auth.trust_updates".utf8), isLast: false) + RFC37.frame([1], isLast: true)
        #expect(try subscriber.read(news) == [.message([Array("auth.trust_updates".utf8), [1]], total: 2)])
    }

    @Test("alone obeys SUBSCRIBE and CANCEL, and only after the handshake; others pass over them")
    func others() throws {
        for role in [ZMTPSession.SocketRole.router, .dealer, .sub] {
            let end = try End.ready(role)
            #expect(try end.read(Form.command.subscribe([1]) + Form.command.cancel([1])) == [])
        }
        let early = End(.pub)
        #expect(try early.read(ZMTPGreeting.bytes + Form.command.subscribe([])) == [])
        #expect(!early.wants(""))
    }
}

extension End {
    fileprivate func wants(_ topic: String) -> Bool {
        Array(topic.utf8).withUnsafeBytes { session.subscriptions.match($0) }
    }
}
