package dev.seawall.compat;

import java.util.ArrayList;
import java.util.List;

/** The cases every generation of nacos-client goes through. */
final class SharedCases {

    private SharedCases() {}

    /** All of them, with what only this generation can do before the server is restarted. */
    static List<Case> with(List<Case> own) {
        List<Case> cases = new ArrayList<>();
        cases.addAll(NamingCases.all());
        cases.addAll(ConfigCases.all());
        cases.addAll(own);
        cases.addAll(LoginCases.all());
        cases.addAll(RestartCases.all());
        return cases;
    }
}
