package dev.seawall.compat;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.web.client.RestTemplate;

/**
 * The application in a process of its own: Spring Cloud Alibaba keeps one configuration client for
 * a whole process, whatever address and login the next application in it names.
 */
public final class ShopProcess {

    private ShopProcess() {}

    /** Starts the application and prints its port and its greeting; ends with its input. */
    public static void main(String[] arguments) throws Exception {
        var shop = (ServletWebServerApplicationContext) SpringApplication.run(Shop.class, arguments);
        int port = shop.getWebServer().getPort();
        String greeting = new RestTemplate().getForObject("http://127.0.0.1:" + port + "/greeting", String.class);
        System.out.println("SERVING " + port + " " + greeting);
        while (System.in.read() >= 0) {
            // Serves until its input ends.
        }
        System.exit(0);
    }
}
