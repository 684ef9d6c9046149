import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A TLS 1.2 server or client of JSSE for one suite. It says of each connection whether its session is new or resumed,
 * which it knows by the ID: JSSE gives every new session another.
 *
 *   Jsse serve PORT SUITE CERTIFICATE KEY    answers a line with a line, connection after connection
 *   Jsse visit PORT SUITE AUTHORITY          connects twice
 */
public final class Jsse {
    private static final Set<String> seen = new HashSet<>();

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        String suite = arguments[2];
        if (arguments[0].equals("serve")) serve(port, suite, arguments[3], arguments[4]);
        else visit(port, suite, arguments[3]);
    }

    private static void serve(int port, String suite, String certificate, String key) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain = certificates(certificate);
        store.setKeyEntry("own", privateKey(key, chain[0].getPublicKey().getAlgorithm()), new char[0], chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(keys.getKeyManagers(), null, null);
        try (SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket()) {
            listener.bind(new java.net.InetSocketAddress("127.0.0.1", port));
            listener.setSSLParameters(parameters(suite));
            System.out.println("ready");
            while (true) {
                try (SSLSocket socket = (SSLSocket) listener.accept()) {
                    socket.startHandshake();
                    tell(socket.getSession());
                    line(socket.getInputStream());
                    socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
                } catch (java.io.IOException failure) {
                    System.out.println(failure);
                }
            }
        }
    }

    private static void visit(int port, String suite, String authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", certificates(authority)[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(null, trust.getTrustManagers(), null);
        for (int i = 0; i < 2; i++) {
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
                SSLParameters parameters = parameters(suite);
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                tell(socket.getSession());
                socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                line(socket.getInputStream());
            }
        }
    }

    private static SSLParameters parameters(String suite) {
        return new SSLParameters(new String[] {suite}, new String[] {"TLSv1.2"});
    }

    private static void tell(SSLSession session) {
        boolean isNew = seen.add(Arrays.toString(session.getId()));
        System.out.println((isNew ? "new" : "resumed") + " session, " + session.getCipherSuite());
    }

    private static String line(InputStream input) throws Exception {
        return new BufferedReader(new InputStreamReader(input, StandardCharsets.US_ASCII)).readLine();
    }

    private static Certificate[] certificates(String file) throws Exception {
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(input).toArray(new Certificate[0]);
        }
    }

    private static PrivateKey privateKey(String file, String algorithm) throws Exception {
        String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }
}
