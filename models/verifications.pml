/* A verification belongs to one token and one device, and does not outlive what it came of (promise 4).

   Two tokens of a user, and two devices: codes are sent to device 0; device 1 has values of its own, as an app or a sheet
   of codes has. Requests verify and dispatch; devices are removed, the account is reset or locked down, codes are replaced,
   a token is deleted and made anew with the very same key, and time passes. What ought to count is kept beside what a gate
   finds in the store. */

#include "store.pml"

#define CONFIRMED_COMPARED 1  /* cause */
#define BOUND_TO_TOKEN 2      /* cause */
#define NEVER_WRITTEN_ANEW 3  /* cause */
#define GENERATION 4          /* cause */
#define RENEWED 5             /* cause */
#define IDENTITY 6            /* cause */
#define LIFETIME 7            /* cause */
#define TAKEN_ALONG 8         /* clean */

/* Rows are bits, two for each token: one for each device. */
#define row(token, d) (1 << (2 * token + d))
#define of_device(d) (row(0, d) | row(1, d))
#define of_token(token) (row(token, 0) | row(token, 1))

byte devices = 3;        /* bits: those that there are */
byte there, confirmed;   /* rows: that are stored, and that confirm */
byte aged;               /* rows: that have confirmed for longer than VERIFICATION_LIFETIME */
byte anew = 255;         /* bit p: token 1 was made anew since it asked p */
bit ended;               /* all that was confirmed has ended since the verifier read the account */

/* What is watched: rows that a right value has made, and that nothing has ended */
byte cause_of;

#define has(d) ((devices >> d) & 1)
#define gone(rows) there = there & ~(rows); confirmed = confirmed & ~(rows); aged = aged & ~(rows)
#define asked_by_none(p) (token == 1 && ((anew >> p) & 1) && kept(IDENTITY))

/* What a gate finds: of the rows for devices that there are, those that confirm and have not aged. */
#define of_devices (has(0) * of_device(0) | has(1) * of_device(1))
#define found (confirmed & ~(kept(LIFETIME) * aged) & of_devices)

proctype verifier(byte p) {
    byte token, d;
    bit seen, own;
    do
    :: atomic {
            reads(p); anew = anew & ~(1 << p); ended = 0;
            if
            :: token = 0
            :: token = 1
            fi;
            if
            :: has(0) -> d = 0;
                if
                :: own = 1
                :: !kept(BOUND_TO_TOKEN) -> own = 0  /* a code that was sent for the other token */
                fi
            :: has(1) -> d = 1; own = 1
            fi;
            seen = (there & row(token, d)) != 0;
            printf("- token %d gives a value for device %d\n", token, d)
        };
        if
        :: true
        :: d_step { (unmoved(p) || !kept(CONFIRMED_COMPARED)) && seen == ((there & row(token, d)) != 0) &&
                    !asked_by_none(p) ->
                printf("- that is confirmed\n");
                there = there | row(token, d);
                confirmed = confirmed | row(token, d);
                aged = aged & ~row(token, d);
                cause_of = (own && !ended -> cause_of | row(token, d) : cause_of);
                moves }
        fi;
        d_step { token = 0; d = 0; seen = 0; own = 0; ended = 0; forgets(p); anew = anew | (1 << p) }
    od
}

proctype dispatcher(byte p) {
    byte token;
    bit seen, seen_confirmed;
    do
    :: atomic {
            has(0) -> anew = anew & ~(1 << p);
            if
            :: token = 0
            :: token = 1
            fi;
            seen = (there & row(token, 0)) != 0;
            seen_confirmed = (confirmed & row(token, 0)) != 0;
            printf("- token %d has something sent to device 0\n", token)
        };
        if
        :: true
        :: d_step { seen == ((there & row(token, 0)) != 0) && !asked_by_none(p) ->
                printf("- that is stored\n");
                there = there | row(token, 0) }
        :: d_step { seen && !(there & row(token, 0)) && !kept(NEVER_WRITTEN_ANEW) ->
                printf("- that is stored, though the row has gone\n");
                there = there | row(token, 0);
                confirmed = confirmed | (seen_confirmed * row(token, 0)) }
        fi;
        d_step { token = 0; seen = 0; seen_confirmed = 0; anew = anew | (1 << p) }
    od
}

inline removed(d) {
    printf("- device %d is removed\n", d);
    devices = devices & ~(1 << d);
    cause_of = cause_of & ~of_device(d);
    if
    :: kept(TAKEN_ALONG) -> gone(of_device(d))
    :: else
    fi;
    moves
}

proctype rest() {
    do
    :: d_step { has(1) -> removed(1) }
    :: d_step { has(0) && !has(1) -> removed(0) }
    :: d_step { printf("- the account is reset, or locked down\n");
            cause_of = 0; ended = !kept(CONFIRMED_COMPARED); moves;
            if
            :: kept(GENERATION) -> gone(15)
            :: else
            fi }
    :: d_step { has(1) -> printf("- token 0 replaces the codes of device 1\n");
            cause_of = cause_of & ~row(1, 1); moves;
            if
            :: kept(RENEWED) -> gone(row(1, 1))
            :: else
            fi }
    :: d_step { printf("- token 1 is deleted, and made anew by the same key\n");
            cause_of = cause_of & of_token(0); anew = 255;
            if
            :: kept(IDENTITY) -> gone(of_token(1))
            :: else
            fi }
    :: d_step { printf("- VERIFICATION_LIFETIME passes\n"); aged = confirmed; cause_of = 0 }
    od
}

init { atomic { begin(); run verifier(0); run dispatcher(1); run rest() } }

ltl cause { [] ((found & ~cause_of) == 0) }
ltl clean { [] ((confirmed & ~of_devices) == 0) }
