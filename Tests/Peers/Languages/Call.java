// libjeromq-java: java -cp /usr/share/java/jeromq.jar Call.java tcp://…; it has no ipc that others understand
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.zeromq.ZMQ;

class Call {
    public static void main(String[] arguments) {
        ZMQ.Context context = ZMQ.context(1);
        ZMQ.Socket dealer = context.socket(ZMQ.DEALER);
        dealer.setLinger(0);
        dealer.setReceiveTimeOut(5000);
        dealer.connect(arguments[0]);
        ByteBuffer preamble = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        preamble.put("S1".getBytes()).put((byte) 1).put((byte) 0).putInt(1000).putLong(7);
        dealer.send(preamble.array(), ZMQ.SNDMORE);
        dealer.send("_health.live\n".getBytes(), ZMQ.SNDMORE);
        dealer.send(new byte[0], 0);
        long id = ByteBuffer.wrap(dealer.recv(0)).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
        String status = new String(dealer.recv(0)).substring(0, 3);
        System.out.println(status + " " + new String(dealer.recv(0)));
        dealer.close();
        context.term();
        System.exit(status.equals("200") && id == 7 ? 0 : 1);
    }
}
