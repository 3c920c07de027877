import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Calls services by Java's HttpClient, which offers an upgrade to HTTP/2 with its first requests. */
class Client {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] urls) throws Exception {
        var live = request(urls[0] + "/health/live").GET().build();
        var login = request(urls[1] + "/api/v1/auth/create").header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{}")).build();
        for (int call = 0; call < 20; call++) {
            expect(200, live);
            expect(201, login);
        }
        var calls = Stream.generate(() -> CLIENT.sendAsync(live, BodyHandlers.ofString())).limit(50).toList();
        for (CompletableFuture<?> call : calls) call.get();
        expect(201, request(urls[1] + "/api/v1/auth/create").header("Content-Type", "application/json")
            .expectContinue(true).POST(BodyPublishers.ofString("{}")).build());
        Thread.sleep(3000);
        expect(201, login);
    }

    private static HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10));
    }

    private static void expect(int status, HttpRequest request) throws Exception {
        var response = CLIENT.send(request, BodyHandlers.ofString());
        if (response.statusCode() != status) throw new AssertionError(request.uri() + ": " + response.statusCode());
    }
}
