package dev.seawall.compat;

import com.alibaba.nacos.api.NacosFactory;
import com.alibaba.nacos.api.PropertyKeyConst;
import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.config.listener.AbstractListener;
import com.alibaba.nacos.api.exception.NacosException;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.listener.EventListener;
import com.alibaba.nacos.api.naming.listener.NamingEvent;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;

/** One run of a case: names of its own, its clients, its waits, what to tidy up. */
public class Trial {

    public static final String GROUP = "DEFAULT_GROUP";

    /** How long a client may take to notice a restart and to repeat what it had done. */
    public static final Duration REDO = Duration.ofSeconds(40);

    /** How long any other event may take. */
    public static final Duration SOON = Duration.ofSeconds(10);

    private static final long TIMEOUT_MS = 3000;

    public final String unique;

    private final Deque<Callable<?>> cleanup = new ArrayDeque<>();

    public Trial(String name) {
        unique = name.replace('_', '-') + "-" + Math.abs(System.nanoTime() % 1_000_000_000L);
    }

    public void defer(Callable<?> step) {
        cleanup.push(step);
    }

    public void tidy() {
        for (Callable<?> step : cleanup) {
            try {
                step.call();
            } catch (Exception error) {
                System.err.println("tidying after " + unique + ": " + error);
            }
        }
    }

    /** The properties of a client of the open server. */
    public static Properties open() {
        Properties properties = new Properties();
        properties.setProperty(PropertyKeyConst.SERVER_ADDR, System.getenv("SEAWALL_ADDR"));
        return properties;
    }

    /** The same in a namespace. */
    public static Properties space(String namespace) {
        Properties properties = open();
        properties.setProperty(PropertyKeyConst.NAMESPACE, namespace);
        return properties;
    }

    /** The properties of a client of the guarded server, without a login. */
    public static Properties guarded() {
        String address = System.getenv("SEAWALL_AUTH_ADDR");
        if (address == null) {
            throw new Failure.Skipped("no server with login");
        }
        Properties properties = new Properties();
        properties.setProperty(PropertyKeyConst.SERVER_ADDR, address);
        return properties;
    }

    public static Properties admin(String password) {
        Properties properties = guarded();
        properties.setProperty(PropertyKeyConst.USERNAME, System.getenv("SEAWALL_AUTH_USER"));
        properties.setProperty(PropertyKeyConst.PASSWORD, password);
        return properties;
    }

    public static Properties admin() {
        return admin(System.getenv("SEAWALL_AUTH_PASSWORD"));
    }

    public NamingService naming(Properties properties) throws NacosException {
        NamingService client = NacosFactory.createNamingService(properties);
        defer(() -> {
            client.shutDown();
            return null;
        });
        return client;
    }

    public NamingService naming() throws NacosException {
        return naming(open());
    }

    public ConfigService config(Properties properties) throws NacosException {
        ConfigService client = NacosFactory.createConfigService(properties);
        defer(() -> {
            client.shutDown();
            return null;
        });
        return client;
    }

    public ConfigService config() throws NacosException {
        return config(open());
    }

    /** Polls until {@code check} returns no complaint. */
    public void eventually(Duration within, Callable<String> check) throws Exception {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            String complaint;
            try {
                complaint = check.call();
            } catch (NacosException error) {
                complaint = error.toString();
            }
            if (complaint == null) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new Failure("not within " + within + ": " + complaint);
            }
            Thread.sleep(50);
        }
    }

    public static Instance instance(int port) {
        Instance instance = new Instance();
        instance.setIp("127.0.0.1");
        instance.setPort(port);
        instance.setMetadata(new java.util.HashMap<>(Map.of("from", "java")));
        return instance;
    }

    public static List<Integer> ports(List<Instance> instances) {
        return instances.stream().map(Instance::getPort).sorted().toList();
    }

    public List<Instance> all(NamingService client, String... clusters) throws NacosException {
        return client.getAllInstances(unique, GROUP, List.of(clusters), false);
    }

    public void expectPorts(NamingService client, List<Integer> want, String... clusters) throws Exception {
        eventually(SOON, () -> {
            List<Integer> got = ports(all(client, clusters));
            return got.equals(want) ? null : "ports " + got + " instead of " + want;
        });
    }

    /** A listener and the ports of every event it hears. */
    public static class Ports extends Inbox<List<Integer>> implements EventListener {
        @Override
        public void onEvent(com.alibaba.nacos.api.naming.listener.Event event) {
            if (event instanceof NamingEvent change) {
                put(ports(Objects.requireNonNullElse(change.getInstances(), Collections.emptyList())));
            }
        }
    }

    public Ports subscribe(NamingService client) throws NacosException {
        Ports ports = new Ports();
        client.subscribe(unique, ports);
        return ports;
    }

    /**
     * Subscribes at a server that has just started. It says 300 (starting) until the
     * service's providers are back, rather than show a list that is not whole.
     */
    public Ports subscribeAfterRestart(NamingService client, Duration within) throws Exception {
        Ports ports = new Ports();
        eventually(within, () -> {
            client.subscribe(unique, ports);
            return null;
        });
        return ports;
    }

    /** A listener and every content it hears; a removed configuration is heard as "". */
    public static class Contents extends AbstractListener {
        public final Inbox<String> inbox = new Inbox<>();

        @Override
        public void receiveConfigInfo(String content) {
            inbox.put(Objects.requireNonNullElse(content, ""));
        }
    }

    public Contents listen(ConfigService client, String dataId) throws NacosException {
        Contents contents = new Contents();
        client.addListener(dataId, GROUP, contents);
        return contents;
    }

    public void publish(ConfigService client, String dataId, String content) throws NacosException {
        Failure.unless(client.publishConfig(dataId, GROUP, content), "publishing was answered false");
    }

    public String get(ConfigService client, String dataId) throws NacosException {
        return client.getConfig(dataId, GROUP, TIMEOUT_MS);
    }

    public void expectContent(ConfigService client, String dataId, String want) throws Exception {
        eventually(SOON, () -> {
            String got = get(client, dataId);
            return Objects.equals(got, want)
                    ? null
                    : "read " + Inbox.shown(got) + " instead of " + Inbox.shown(want);
        });
    }

    /** Asks the runner to restart, kill or start the server; returns when that is done. */
    public void control(String action) throws Exception {
        String base = System.getenv("SEAWALL_CONTROL");
        if (base == null) {
            throw new Failure.Skipped("the server is not ours to " + action);
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/" + action))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        Failure.unless(answer.statusCode() == 200, "the runner answered to " + action + ": " + answer.body());
    }

    /** A process that registered one instance, to be killed without a word. */
    public Process holder(int port) throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Duser.home=" + System.getProperty("user.home"),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.seawall.compat.Main",
                        "hold",
                        unique,
                        String.valueOf(port))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        defer(process::destroyForcibly);
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream()));
        String line = output.readLine();
        while (line != null && !line.equals("HOLDING")) {
            line = output.readLine();
        }
        Failure.unless(line != null, "the second process ended before it registered");
        return process;
    }
}
