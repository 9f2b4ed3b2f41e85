package dev.seawall.compat;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

/** An ordinary Spring Cloud Alibaba application: nothing in it knows what serves it. */
@SpringBootApplication
@EnableConfigurationProperties(Shop.Prices.class)
public class Shop {

    /** Bound again by itself whenever the configuration changes. */
    @ConfigurationProperties("shop")
    public static class Prices {
        private int discount;

        public int getDiscount() {
            return discount;
        }

        public void setDiscount(int discount) {
            this.discount = discount;
        }
    }

    /** Built again on the first request after the configuration changed. */
    @RestController
    @RefreshScope
    public static class Door {
        @Value("${shop.greeting}")
        private String greeting;

        @GetMapping("/greeting")
        public String greeting() {
            return greeting;
        }
    }

    @Bean
    @LoadBalanced
    RestTemplate byName() {
        return new RestTemplate();
    }
}
