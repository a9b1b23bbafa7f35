/* A machine on its way to membership, killed and started again anywhere (specs/node.md, "States" and "State on
 * disk"; specs/join.md). Original model; the messages themselves are join.pml's.
 *
 * Joiner   : takes M4 from either granter, seals the masters, keeps a member key, sends M5, takes M6, writes what
 *            makes it a member, serves. Each write is an event of its own, a crash falls between any two. It joins
 *            again through whichever granter, under the key that it kept; with none kept it draws another.
 * Granters : two, with sessions in memory and logs on disk. Either may crash between leaf and message.
 * Policy   : changes once, at any time.
 *
 * P1  whoever serves, after whatever restarts, stands in a granter's log under the key that signs its own log.
 * P2  whoever serves has the first leaf of its own log on disk, and one disk gets one first leaf.
 * P3  masters are given, sealed and kept only when a granter's log says so.
 * P4  a member leaf is written under the policy in force alone.
 */
#define KEYS 3

hidden byte Prop1, Prop2, Prop3, Prop4; /* always 0: they name the property in the report */
/* the joiner's disk: sealed masters; its key (0 none); certificate, for which key; the first leaf of its log */
bit masters; byte key; byte cert; byte first;
/* its memory. 0 down, 1 empty or provisional, 2 has M4, 3 has sent M5, 4 has M6, 5 serves */
byte st; byte now; bit via;             /* key of this attempt; through which granter */
byte drawn;
/* granters: session under which key (0 none), its policy, what it has sent; logs as sets of keys */
byte ses[2]; bit spol[2]; byte m6[2];
byte granted[2]; byte member[2];
bit pol;

#define IN(s,k) ((s)>>(k) & 1)
#define PUT(s,k) s = (s) | (1<<(k))

proctype Joiner() {
  bit g;
end:
  do
  :: atomic { st==0 ->                                                       /* a start */
    if :: cert>0 ->
#ifdef TWO_COMMITS
          skip;
#else
          assert(Prop2 || first>0);
#endif
          now=key; st=5
       :: cert==0 ->
#ifdef MASTERS_SUFFICE                                                       /* sealed masters make a member */
          if :: masters && key>0 -> now=key; st=5 :: else -> st=1 fi
#else
          st=1
#endif
    fi }
  :: atomic { st==1 ->                                                       /* M1 to M4 */
    if :: g=0 :: g=1 fi;
    if :: key>0 -> now=key
       :: else -> if :: drawn<KEYS-1 -> drawn++ :: else -> skip fi; now=drawn
    fi;
    via=g; ses[g]=now; spol[g]=pol; m6[g]=0;
#ifdef GRANT_LOG_AFTER
    assert(Prop3 || IN(granted[g],now)); PUT(granted[g],now);
#else
    PUT(granted[g],now); assert(Prop3 || IN(granted[g],now));
#endif
    st=2; g=0 }
  :: atomic { st==2 && !masters -> masters=1 }                               /* sealed, on disk */
  :: atomic { st==2 && masters && key==0 -> key=now }                        /* the key, on disk */
#ifdef M5_FIRST                                                              /* says so before it has kept them */
  :: atomic { st==2 -> st=3 }
#else
  :: atomic { st==2 && masters && key>0 -> st=3 }                            /* M5 */
#endif
  :: atomic { st==3 && ses[via]==now && m6[via]>0 -> st=4 }                  /* M6, perhaps again */
  :: atomic { st==3 -> st=1 }                                                /* no answer: anew */
#ifdef TWO_COMMITS                                                           /* certificate and leaf apart */
  :: atomic { st==4 && cert==0 -> cert=now }
  :: atomic { st==4 && cert>0 -> assert(Prop2 || first==0); first=now; st=5 }
#else
  :: atomic { st==4 -> assert(Prop2 || first==0); cert=now; first=now; st=5 }
#endif
#ifdef SERVE_PROVISIONAL
  :: atomic { st>=2 && masters ->
#else
  :: atomic { st==5 ->                                                       /* it serves */
#endif
    assert(Prop1 || IN(member[0],now) || IN(member[1],now));
    assert(Prop2 || first==now);
    assert(Prop3 || IN(granted[0],now) || IN(granted[1],now));
#ifdef SANITY
    assert(!(drawn==2 && pol==1 && IN(granted[0],1) && IN(member[0],2) && IN(member[1],2)));
#endif
    skip }
  :: atomic { st>0 -> st=0; now=0; via=0 }                                   /* a crash */
  od
}

proctype Granter(bit g) {
end:
  do
  :: atomic { ses[g]>0 && m6[g]==0 && (st==3 && via==g && now==ses[g] || IN(member[g],ses[g])) ->  /* M5 */
#ifndef NO_RECHECK
    if :: spol[g]!=pol -> ses[g]=0; goto end :: else fi;
#endif
    assert(Prop4 || IN(member[g],ses[g]) || spol[g]==pol);
#ifdef LOG_AFTER
    m6[g]=1
#else
    PUT(member[g],ses[g])
#endif
    }
  :: atomic { ses[g]>0 && m6[g]==0 && IN(member[g],ses[g]) -> m6[g]=1 }      /* M6 */
#ifdef LOG_AFTER
  :: atomic { ses[g]>0 && m6[g]>0 -> PUT(member[g],ses[g]) }
#endif
  :: atomic { ses[g]>0 -> ses[g]=0; m6[g]=0 }                                /* a crash; the log stays */
  od
}

active proctype Policy() { pol=1 }

init { atomic { run Joiner(); run Granter(0); run Granter(1) } }
