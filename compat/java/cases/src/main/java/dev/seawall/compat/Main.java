package dev.seawall.compat;

import com.alibaba.nacos.api.NacosFactory;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Drives a Nacos-compatible server with the published nacos-client and prints one CASE line a
 * case. cargo xtask compat starts it; README.md of the folder above lists the environment it reads.
 */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 3 && arguments[0].equals("hold")) {
            hold(arguments[1], Integer.parseInt(arguments[2]));
            return;
        }
        String only = System.getenv().getOrDefault("SEAWALL_ONLY", "");
        boolean failed = false;
        for (Case one : Generation.cases()) {
            if (one.name().contains(only)) {
                failed |= run(one);
            }
        }
        System.out.println("END");
        System.exit(failed ? 1 : 0);
    }

    /** Runs and reports one case; true when it failed. */
    static boolean run(Case one) throws InterruptedException {
        long started = System.nanoTime();
        Trial trial = new Trial(one.name());
        ExecutorService executor = Executors.newSingleThreadExecutor(body -> {
            Thread thread = new Thread(body, one.name());
            thread.setDaemon(true);
            return thread;
        });
        Future<?> end = executor.submit(() -> {
            one.body().run(trial);
            return null;
        });
        String verdict = "PASS";
        String detail = "";
        try {
            end.get(one.limit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException error) {
            end.cancel(true);
            verdict = "FAIL";
            detail = "still running after " + one.limit();
        } catch (ExecutionException error) {
            Throwable cause = error.getCause();
            verdict = cause instanceof Failure.Skipped ? "SKIP" : "FAIL";
            detail = cause instanceof Failure ? cause.getMessage() : described(cause);
        }
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
        System.out.println("CASE " + one.name() + " " + verdict + " " + took + " " + detail.replaceAll("\\s+", " "));
        executor.shutdownNow();
        trial.tidy();
        return verdict.equals("FAIL");
    }

    /** An error with what is at the bottom of it. */
    private static String described(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == error ? error.toString() : error + " because of " + root;
    }

    /** Registers one instance and keeps it until the process is killed. */
    private static void hold(String service, int port) throws Exception {
        NacosFactory.createNamingService(Trial.open()).registerInstance(service, Trial.instance(port));
        System.out.println("HOLDING");
        while (System.in.read() >= 0) {
            // Waits for the end of its input, or for being killed.
        }
        System.exit(0);
    }
}
