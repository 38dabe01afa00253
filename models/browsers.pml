/* A remembered browser counts as long as it is remembered, and never beside its own device (promises 4 and 10).

   One device, by whose verification a browser is remembered, the first or the second of two. Two tokens are shown what it
   keeps, and go on using what that has opened. Meanwhile browsers are revoked and run out, the device is removed, the
   account is reset, the password is changed, and one that has not changed is hashed anew at a login. */

#include "store.pml"

#define MADE_COMPARED 1      /* remembered */
#define LOOKED_UP 2          /* remembered */
#define ONE_BY_ONE 3         /* remembered */
#define SAME_PASSWORD 4      /* remembered */
#define IN_TIME 5            /* remembered */
#define GOES_WITH_DEVICE 6   /* remembered */
#define GOES_WITH_RESET 7    /* remembered */
#define FOLLOWS_ITS_OWN 8    /* remembered */
#define NEVER_BESIDE 9       /* beside */

#define NOBODY 9

bit device = 1;
byte trust;                  /* the browser that is remembered: 1, 2, or 0 for none */
byte made;                   /* so many were */
byte login = NOBODY;         /* the password with which it was made, as it was stored then */
bit over;                    /* its time is over */
byte password;               /* as it is stored: 0, hashed anew 1; another 2, hashed anew 3 */
byte follows = NOBODY;       /* the password that has just been hashed anew, for browsers to follow */
byte shown[2];               /* by token: the browser that has confirmed it */
bit proved[2];               /* by token: the device has */

/* What is watched */
bit good;                    /* the browser ought to be remembered */
bit worth[2];                /* what it has confirmed ought to count */

#define is_remembered (trust != 0 && (login == password || !kept(SAME_PASSWORD)) && (!over || !kept(IN_TIME)))

/* What a gate finds */
#define by_browser(t) (shown[t] != 0 && (!kept(LOOKED_UP) || is_remembered) && \
    (shown[t] == trust || !kept(ONE_BY_ONE) || !kept(LOOKED_UP)) && (!proved[t] || !kept(NEVER_BESIDE)))

inline ends() { good = 0; worth[0] = 0; worth[1] = 0 }

inline unverified() { shown[0] = 0; shown[1] = 0; proved[0] = 0; proved[1] = 0 }

proctype verifier(byte p) {
    byte seen;
    do
    :: d_step { device && made < 2 -> reads(p); seen = password; printf("- a value is given, to be remembered by\n") };
        if
        :: true
        :: d_step { unmoved(p) || !kept(MADE_COMPARED) ->
                made++;
                printf("- token 0 is verified, and browser %d is remembered\n", made);
                trust = made; login = seen; over = 0; proved[0] = 1;
                ends();
                good = unmoved(p) && (password >> 1) == (seen >> 1);
                moves }
        fi;
        d_step { seen = 0; forgets(p) }
    od
}

proctype rest() {
    byte t;
    do
    :: atomic {
            if
            :: t = 0
            :: t = 1
            fi;
            if
            :: is_remembered -> shown[t] = trust; worth[t] = good; moves;
                printf("- token %d is shown browser %d\n", t, trust)
            :: device -> proved[t] = 1; moves; printf("- token %d is verified by the device\n", t)
            :: shown[t] = 0; proved[t] = 0; worth[t] = 0; printf("- token %d is another\n", t)
            fi;
            t = 0
        }
    :: d_step { trust != 0 -> printf("- the browser is revoked\n"); trust = 0; ends(); moves }
    :: d_step { trust != 0 -> printf("- the browser's time is over\n"); over = 1; ends() }
    :: d_step { device -> printf("- the device is removed\n"); device = 0; unverified(); ends();
            trust = (kept(GOES_WITH_DEVICE) -> 0 : trust); moves }
    :: d_step { printf("- the account is reset\n"); unverified(); ends();
            trust = (kept(GOES_WITH_RESET) -> 0 : trust); moves }
    :: d_step { password < 2 -> printf("- the password is changed\n"); password = 2; ends() }
    :: d_step { (password & 1) == 0 -> printf("- the password is hashed anew\n"); follows = password; password++ }
    :: d_step { follows != NOBODY -> printf("- browsers follow the password that was hashed anew\n");
            login = (login == follows || !kept(FOLLOWS_ITS_OWN) -> follows + 1 : login);
            follows = NOBODY; moves }
    od
}

init { atomic { begin(); run verifier(0); run rest() } }

ltl remembered { [] ((!by_browser(0) || worth[0]) && (!by_browser(1) || worth[1])) }
ltl beside { [] (proved[0] + by_browser(0) <= 1 && proved[1] + by_browser(1) <= 1) }
