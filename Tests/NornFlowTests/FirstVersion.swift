/// Rows of schema 1 and messages of protocol 1, as the first version wrote them: a job of two tasks whose first has
/// succeeded and whose second runs at both parties.
enum FirstVersion {
    static let coordinator = #"""
        {"deadline":259201024,"fence":3,"job":{"id":"2026112300000000000001","initiator":"guest-9999","param\#
        eters":{"autoRetries":1,"autoRetryDelaySeconds":1,"engine":"standalone","kind":"train","partySizes":\#
        {"host-10000":{"memoryBytes":1000000}},"priority":0,"sizes":{"taskCores":2},"submitter":"alice","tas\#
        kParallelism":1,"timeoutSeconds":259200},"parties":["guest-9999","host-10000"],"tasks":[{"inputs":[]\#
        ,"module":"Reader","name":"reader_0","outputs":[{"kind":"data","name":"data"}],"parameters":{"guest-\#
        9999":{"table":{"name":"breast","namespace":"experiment"}},"host-10000":{}},"parties":["guest-9999",\#
        "host-10000"],"provider":"fate@1.11.3"},{"inputs":[{"index":0,"kind":"data","output":"data","slot":"\#
        train_data","task":"reader_0"}],"module":"HeteroLR","name":"lr_0","outputs":[{"kind":"model","name":\#
        "model"}],"parameters":{},"parties":["guest-9999","host-10000"],"timeoutSeconds":600}]},"members":{"\#
        guest-9999":{"acknowledged":4,"epoch":2,"heardAt":1044,"heartbeat":1,"leaseFrom":1044,"orders":{"att\#
        empts":[{"inputs":[{"attempt":0,"index":0,"kind":"data","output":"data","slot":"train_data","task":"\#
        reader_0"}],"number":0,"task":"lr_0"}],"jobStatus":"running","reservation":{"round":1,"together":{"c\#
        ores":2,"memoryBytes":0,"workingNodes":0},"want":"confirm"},"taskStatuses":{"lr_0":"running","reader\#
        _0":"success"}},"ordersNumber":4,"owesAnswer":false,"pauseMilliseconds":2000,"repairAt":121044,"repo\#
        rt":{"approval":"approved","attempts":[{"number":0,"status":"running","task":"lr_0"}],"capacity":{"c\#
        ores":4,"memoryBytes":0,"workingNodes":0},"claim":{"engine":"standalone","resources":{"cores":2,"mem\#
        oryBytes":0,"workingNodes":0}},"reservation":{"round":1,"status":"confirmed"},"settled":false,"wants\#
        Stop":false},"reportNumber":7,"reservation":{"round":1,"together":{"cores":2,"memoryBytes":0,"workin\#
        gNodes":0},"want":"confirm"},"reservationSince":1010,"since":1031,"site":"siteA"},"host-10000":{"ack\#
        nowledged":4,"epoch":2,"heardAt":1046,"heartbeat":1,"leaseFrom":1046,"orders":{"attempts":[{"inputs"\#
        :[{"attempt":0,"index":0,"kind":"data","output":"data","slot":"train_data","task":"reader_0"}],"numb\#
        er":0,"task":"lr_0"}],"jobStatus":"running","reservation":{"round":1,"together":{"cores":2,"memoryBy\#
        tes":0,"workingNodes":0},"want":"confirm"},"taskStatuses":{"lr_0":"running","reader_0":"success"}},"\#
        ordersNumber":4,"owesAnswer":false,"pauseMilliseconds":2000,"repairAt":121046,"report":{"approval":"\#
        approved","attempts":[{"number":0,"status":"running","task":"lr_0"}],"capacity":{"cores":4,"memoryBy\#
        tes":0,"workingNodes":0},"claim":{"engine":"standalone","resources":{"cores":2,"memoryBytes":0,"work\#
        ingNodes":0}},"reservation":{"round":1,"status":"confirmed"},"settled":false,"wantsStop":false},"rep\#
        ortNumber":7,"reservation":{"round":1,"together":{"cores":2,"memoryBytes":0,"workingNodes":0},"want"\#
        :"confirm"},"reservationSince":1010,"since":1035,"site":"siteB"}},"now":1046,"phase":"running","phas\#
        eSince":1024,"revision":15,"schema":1,"status":"running","tasks":{"lr_0":{"attempts":[{"inputs":[{"a\#
        ttempt":0,"index":0,"kind":"data","output":"data","slot":"train_data","task":"reader_0"}],"parties":\#
        {"guest-9999":{"number":0,"status":"running","task":"lr_0"},"host-10000":{"number":0,"status":"runni\#
        ng","task":"lr_0"}},"startedAt":1038,"status":"running"}],"retries":0,"status":"running"},"reader_0"\#
        :{"attempts":[{"inputs":[],"parties":{"guest-9999":{"number":0,"status":"success","task":"reader_0"}\#
        ,"host-10000":{"number":0,"status":"success","task":"reader_0"}},"startedAt":1024,"status":"success"\#
        }],"retries":0,"status":"success"}},"wakeAt":41044}
        """#

    static let guest = #"""
        {"acknowledgedReport":7,"answeredHeartbeat":1,"approval":"approved","askLedgerAgainAt":121013,"attem\#
        pts":[{"endsAsLost":false,"key":{"number":0,"task":"reader_0"},"status":"success"},{"endsAsLost":fal\#
        se,"key":{"number":0,"task":"lr_0"},"status":"running"}],"cleaned":false,"epoch":2,"fence":3,"heardA\#
        t":1047,"heartbeatAt":11019,"heartbeatNumber":1,"heartbeats":[],"job":{"id":"2026112300000000000001"\#
        ,"initiator":"guest-9999","parameters":{"autoRetries":1,"autoRetryDelaySeconds":1,"engine":"standalo\#
        ne","kind":"train","partySizes":{"host-10000":{"memoryBytes":1000000}},"priority":0,"sizes":{"taskCo\#
        res":2},"submitter":"alice","taskParallelism":1,"timeoutSeconds":259200},"parties":["guest-9999","ho\#
        st-10000"],"tasks":[{"inputs":[],"module":"Reader","name":"reader_0","outputs":[{"kind":"data","name\#
        ":"data"}],"parameters":{"guest-9999":{"table":{"name":"breast","namespace":"experiment"}}},"parties\#
        ":["guest-9999","host-10000"],"provider":"fate@1.11.3"},{"inputs":[{"index":0,"kind":"data","output"\#
        :"data","slot":"train_data","task":"reader_0"}],"module":"HeteroLR","name":"lr_0","outputs":[{"kind"\#
        :"model","name":"model"}],"parameters":{},"parties":["guest-9999","host-10000"],"timeoutSeconds":600\#
        }]},"key":{"job":"2026112300000000000001","party":"guest-9999"},"leaseEndsAt":31019,"now":1047,"orde\#
        rs":{"attempts":[{"inputs":[{"attempt":0,"index":0,"kind":"data","output":"data","slot":"train_data"\#
        ,"task":"reader_0"}],"number":0,"task":"lr_0"}],"jobStatus":"running","reservation":{"round":1,"toge\#
        ther":{"cores":2,"memoryBytes":0,"workingNodes":0},"want":"confirm"},"taskStatuses":{"lr_0":"running\#
        ","reader_0":"success"}},"ordersNumber":4,"pauseMilliseconds":1000,"report":{"approval":"approved","\#
        attempts":[{"number":0,"status":"running","task":"lr_0"}],"capacity":{"cores":4,"memoryBytes":0,"wor\#
        kingNodes":0},"claim":{"engine":"standalone","resources":{"cores":2,"memoryBytes":0,"workingNodes":0\#
        }},"reservation":{"round":1,"status":"confirmed"},"settled":false,"wantsStop":false},"reportNumber":\#
        7,"reservation":{"round":1,"since":1026,"status":"confirmed"},"revision":16,"schema":1,"site":"siteA\#
        ","startsFromHeartbeat":0,"terms":{"capacity":{"cores":4,"memoryBytes":0,"workingNodes":0},"engine":\#
        "standalone","needs":{"lr_0":{"cores":2,"memoryBytes":0,"workingNodes":0},"reader_0":{"cores":2,"mem\#
        oryBytes":0,"workingNodes":0}}},"wakeAt":11019,"wantsStop":false}
        """#

    static let host = #"""
        {"acknowledgedReport":7,"answeredHeartbeat":1,"approval":"approved","askLedgerAgainAt":121014,"attem\#
        pts":[{"endsAsLost":false,"key":{"number":0,"task":"reader_0"},"status":"success"},{"endsAsLost":fal\#
        se,"key":{"number":0,"task":"lr_0"},"status":"running"}],"cleaned":false,"epoch":2,"fence":3,"heardA\#
        t":1048,"heartbeatAt":11021,"heartbeatNumber":1,"heartbeats":[],"job":{"id":"2026112300000000000001"\#
        ,"initiator":"guest-9999","parameters":{"autoRetries":1,"autoRetryDelaySeconds":1,"engine":"standalo\#
        ne","kind":"train","partySizes":{"host-10000":{"memoryBytes":1000000}},"priority":0,"sizes":{"taskCo\#
        res":2},"submitter":"alice","taskParallelism":1,"timeoutSeconds":259200},"parties":["guest-9999","ho\#
        st-10000"],"tasks":[{"inputs":[],"module":"Reader","name":"reader_0","outputs":[{"kind":"data","name\#
        ":"data"}],"parameters":{"host-10000":{}},"parties":["guest-9999","host-10000"],"provider":"fate@1.1\#
        1.3"},{"inputs":[{"index":0,"kind":"data","output":"data","slot":"train_data","task":"reader_0"}],"m\#
        odule":"HeteroLR","name":"lr_0","outputs":[{"kind":"model","name":"model"}],"parameters":{},"parties\#
        ":["guest-9999","host-10000"],"timeoutSeconds":600}]},"key":{"job":"2026112300000000000001","party":\#
        "host-10000"},"leaseEndsAt":31021,"now":1048,"orders":{"attempts":[{"inputs":[{"attempt":0,"index":0\#
        ,"kind":"data","output":"data","slot":"train_data","task":"reader_0"}],"number":0,"task":"lr_0"}],"j\#
        obStatus":"running","reservation":{"round":1,"together":{"cores":2,"memoryBytes":0,"workingNodes":0}\#
        ,"want":"confirm"},"taskStatuses":{"lr_0":"running","reader_0":"success"}},"ordersNumber":4,"pauseMi\#
        lliseconds":1000,"report":{"approval":"approved","attempts":[{"number":0,"status":"running","task":"\#
        lr_0"}],"capacity":{"cores":4,"memoryBytes":0,"workingNodes":0},"claim":{"engine":"standalone","reso\#
        urces":{"cores":2,"memoryBytes":0,"workingNodes":0}},"reservation":{"round":1,"status":"confirmed"},\#
        "settled":false,"wantsStop":false},"reportNumber":7,"reservation":{"round":1,"since":1027,"status":"\#
        confirmed"},"revision":13,"schema":1,"site":"siteB","startsFromHeartbeat":0,"terms":{"capacity":{"co\#
        res":4,"memoryBytes":0,"workingNodes":0},"engine":"standalone","needs":{"lr_0":{"cores":2,"memoryByt\#
        es":0,"workingNodes":0},"reader_0":{"cores":2,"memoryBytes":0,"workingNodes":0}}},"wakeAt":11021,"wa\#
        ntsStop":false}
        """#

    static let firstOrders = #"""
        {"orders":{"_0":{"acknowledgedReport":0,"body":{"attempts":[],"jobStatus":"waiting","reservation":{"\#
        round":0,"together":{"cores":0,"memoryBytes":0,"workingNodes":0},"want":"nothing"},"taskStatuses":{"\#
        lr_0":"waiting","reader_0":"waiting"}},"contract":{"id":"2026112300000000000001","initiator":"guest-\#
        9999","parameters":{"autoRetries":1,"autoRetryDelaySeconds":1,"engine":"standalone","kind":"train","\#
        partySizes":{"host-10000":{"memoryBytes":1000000}},"priority":0,"sizes":{"taskCores":2},"submitter":\#
        "alice","taskParallelism":1,"timeoutSeconds":259200},"parties":["guest-9999","host-10000"],"tasks":[\#
        {"inputs":[],"module":"Reader","name":"reader_0","outputs":[{"kind":"data","name":"data"}],"paramete\#
        rs":{"host-10000":{}},"parties":["guest-9999","host-10000"],"provider":"fate@1.11.3"},{"inputs":[{"i\#
        ndex":0,"kind":"data","output":"data","slot":"train_data","task":"reader_0"}],"module":"HeteroLR","n\#
        ame":"lr_0","outputs":[{"kind":"model","name":"model"}],"parameters":{},"parties":["guest-9999","hos\#
        t-10000"],"timeoutSeconds":600}]},"fence":3,"from":"guest-9999","heartbeat":0,"job":"202611230000000\#
        0000001","needsAnswer":true,"number":1,"to":"host-10000"}}}
        """#

    static let runOrders = #"""
        {"orders":{"_0":{"acknowledgedReport":7,"body":{"attempts":[{"inputs":[{"attempt":0,"index":0,"kind"\#
        :"data","output":"data","slot":"train_data","task":"reader_0"}],"number":0,"task":"lr_0"}],"jobStatu\#
        s":"running","reservation":{"round":1,"together":{"cores":2,"memoryBytes":0,"workingNodes":0},"want"\#
        :"confirm"},"taskStatuses":{"lr_0":"running","reader_0":"success"}},"fence":3,"from":"guest-9999","h\#
        eartbeat":1,"job":"2026112300000000000001","needsAnswer":false,"number":4,"to":"host-10000"}}}
        """#

    static let report = #"""
        {"report":{"_0":{"acknowledgedOrders":4,"body":{"approval":"approved","attempts":[{"number":0,"statu\#
        s":"running","task":"lr_0"}],"capacity":{"cores":4,"memoryBytes":0,"workingNodes":0},"claim":{"engin\#
        e":"standalone","resources":{"cores":2,"memoryBytes":0,"workingNodes":0}},"reservation":{"round":1,"\#
        status":"confirmed"},"settled":false,"wantsStop":false},"epoch":2,"fence":3,"from":"host-10000","hea\#
        rtbeat":1,"job":"2026112300000000000001","needsAnswer":true,"number":7,"site":"siteB","to":"guest-99\#
        99"}}}
        """#
}
