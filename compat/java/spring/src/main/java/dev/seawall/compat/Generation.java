package dev.seawall.compat;

import static dev.seawall.compat.Trial.GROUP;
import static dev.seawall.compat.Trial.REDO;
import static dev.seawall.compat.Trial.SOON;

import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.client.RestTemplate;

/** The cases of the Spring Cloud Alibaba application, in the order of its life. */
final class Generation {

    private static final String NAME = "shop-" + System.nanoTime() % 1_000_000_000L;

    private static ConfigurableApplicationContext shop;

    private Generation() {}

    static List<Case> cases() {
        return List.of(
                Case.of("spring_starts", 60, Generation::starts),
                Case.of("spring_reads_config", 20, Generation::readsConfig),
                Case.of("spring_registers", 20, Generation::registers),
                Case.of("spring_lists_services", 40, Generation::listsServices),
                Case.of("spring_calls_by_name", 60, Generation::callsByName),
                Case.of("spring_refreshes_bean", 20, Generation::refreshesBean),
                Case.of("spring_rebinds_properties", 20, Generation::rebindsProperties),
                Case.of("spring_survives_restart", 90, Generation::survivesRestart),
                Case.of("spring_deregisters", 40, Generation::deregisters),
                Case.of("spring_logs_in", 90, Generation::logsIn),
                Case.of("spring_login_refused", 90, Generation::loginRefused));
    }

    private static String yaml(String greeting, int discount) {
        return "shop:\n  greeting: \"" + greeting + "\"\n  discount: " + discount + "\n";
    }

    private static void publish(ConfigService client, String greeting, int discount) throws Exception {
        boolean done = client.publishConfig(NAME + ".yaml", GROUP, yaml(greeting, discount), "yaml");
        Failure.unless(done, "publishing was answered false");
    }

    private static List<String> arguments(Properties nacos) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.application.name=" + NAME,
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn",
                "--spring.cloud.nacos.discovery.ip=127.0.0.1",
                "--spring.cloud.nacos.discovery.metadata.from=spring",
                "--spring.cloud.nacos.server-addr=" + nacos.getProperty("serverAddr"),
                "--spring.cloud.nacos.discovery.server-addr=" + nacos.getProperty("serverAddr"),
                "--spring.cloud.nacos.config.server-addr=" + nacos.getProperty("serverAddr"),
                "--spring.config.import=nacos:" + NAME + ".yaml?refreshEnabled=true,optional:nacos:" + NAME
                        + "-absent.yaml"));
        if (nacos.containsKey("username")) {
            arguments.add("--spring.cloud.nacos.username=" + nacos.getProperty("username"));
            arguments.add("--spring.cloud.nacos.password=" + nacos.getProperty("password"));
        }
        return arguments;
    }

    private static ConfigurableApplicationContext running() {
        Failure.unless(shop != null, "the application did not start");
        return shop;
    }

    private static int port() {
        return ((ServletWebServerApplicationContext) running()).getWebServer().getPort();
    }

    private static String greeting() {
        return new RestTemplate().getForObject("http://127.0.0.1:" + port() + "/greeting", String.class);
    }

    private static void expectGreeting(Trial t, String want, Duration within) throws Exception {
        t.eventually(within, () -> {
            String got = greeting();
            return want.equals(got) ? null : "greeted with " + got + " instead of " + want;
        });
    }

    private static List<Integer> registered(NamingService client) throws Exception {
        return Trial.ports(client.getAllInstances(NAME, GROUP, false));
    }

    private static void starts(Trial t) throws Exception {
        publish(t.config(), "欢迎 hello", 5);
        t.expectContent(t.config(), NAME + ".yaml", yaml("欢迎 hello", 5));
        shop = SpringApplication.run(Shop.class, arguments(Trial.open()).toArray(String[]::new));
    }

    private static void readsConfig(Trial t) throws Exception {
        expectGreeting(t, "欢迎 hello", SOON);
        int discount = running().getBean(Shop.Prices.class).getDiscount();
        Failure.unless(discount == 5, "the discount is " + discount);
    }

    private static void registers(Trial t) throws Exception {
        NamingService consumer = t.naming();
        t.eventually(SOON, () -> registered(consumer).equals(List.of(port())) ? null : "ports " + registered(consumer));
        Instance one = consumer.getAllInstances(NAME, GROUP, false).get(0);
        boolean right = "spring".equals(one.getMetadata().get("from"))
                && "SPRING_CLOUD".equals(one.getMetadata().get("preserved.register.source"));
        Failure.unless(right, "metadata " + one.getMetadata());
    }

    private static void listsServices(Trial t) throws Exception {
        DiscoveryClient discovery = running().getBean(DiscoveryClient.class);
        t.eventually(Duration.ofSeconds(30), () -> {
            List<String> services = discovery.getServices();
            return services.contains(NAME) ? null : "services " + services;
        });
    }

    private static void callsByName(Trial t) throws Exception {
        RestTemplate byName = running().getBean(RestTemplate.class);
        t.eventually(Duration.ofSeconds(40), () -> {
            try {
                String got = byName.getForObject("http://" + NAME + "/greeting", String.class);
                return "欢迎 hello".equals(got) ? null : "greeted with " + got;
            } catch (RuntimeException error) {
                return error.toString();
            }
        });
    }

    private static void refreshesBean(Trial t) throws Exception {
        publish(t.config(), "changed", 5);
        expectGreeting(t, "changed", SOON);
    }

    private static void rebindsProperties(Trial t) throws Exception {
        publish(t.config(), "changed", 7);
        t.eventually(SOON, () -> {
            int discount = running().getBean(Shop.Prices.class).getDiscount();
            return discount == 7 ? null : "the discount is " + discount;
        });
    }

    private static void survivesRestart(Trial t) throws Exception {
        t.control("restart");
        NamingService consumer = t.naming();
        t.eventually(REDO, () -> registered(consumer).equals(List.of(port())) ? null : "ports " + registered(consumer));
        publish(t.config(), "still here", 7);
        expectGreeting(t, "still here", REDO);
    }

    private static void deregisters(Trial t) throws Exception {
        running().close();
        NamingService consumer = t.naming();
        t.eventually(SOON, () -> registered(consumer).isEmpty() ? null : "ports " + registered(consumer));
    }

    /** What the application says when it serves, or null when it ended before that. */
    private static String served(Trial t, Properties nacos) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Duser.home=" + System.getProperty("user.home"),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.seawall.compat.ShopProcess"));
        command.addAll(arguments(nacos));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        t.defer(process::destroyForcibly);
        BufferedReader output = process.inputReader();
        String line = output.readLine();
        while (line != null && !line.startsWith("SERVING ")) {
            line = output.readLine();
        }
        return line;
    }

    private static void logsIn(Trial t) throws Exception {
        publish(t.config(Trial.admin()), "members", 1);
        t.expectContent(t.config(Trial.admin()), NAME + ".yaml", yaml("members", 1));
        String line = served(t, Trial.admin());
        Failure.unless(line != null && line.endsWith(" members"), "the application said " + line);
        List<Integer> want = List.of(Integer.valueOf(line.split(" ")[1]));
        NamingService consumer = t.naming(Trial.admin());
        t.eventually(SOON, () -> registered(consumer).equals(want) ? null : "ports " + registered(consumer));
    }

    private static void loginRefused(Trial t) throws Exception {
        publish(t.config(Trial.admin()), "members", 1);
        String line = served(t, Trial.admin("not the password"));
        Failure.unless(line == null, "with the wrong password, the application said " + line);
    }
}
