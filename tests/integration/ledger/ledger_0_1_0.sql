BEGIN TRANSACTION;
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	contact_id INTEGER, 
	n INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	detail TEXT NOT NULL, 
	actor VARCHAR(200) NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT fk_audit_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_audit_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT uq_audit_contact_id_n UNIQUE (contact_id, n)
);
INSERT INTO "audit" VALUES(1,1,NULL,1,1772557200000000,'run','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a"}','outreach','','c89459e1e1d6990b0507d53bd14b6eee945e75180e8ad4d71da8482cb08908de');
INSERT INTO "audit" VALUES(2,1,1,1,1772557200000000,'accepted','{"content":"ab6cd535e5ec4a790b413fee8a4a61356c77d165","load":1}','outreach','','0f0323379499a48d4e65e419fb78aaef7080c3a511415c491e652d2bfe1beac4');
INSERT INTO "audit" VALUES(3,1,2,1,1772557200000000,'accepted','{"content":"208eceec496c13d8c962b3f78a0dda620f19d84e","load":1}','outreach','','9f57172a7b6d6234d1cb27ab88303f6fc86265639d6bf9b7d7124aa07c359b5b');
INSERT INTO "audit" VALUES(4,1,3,1,1772557200000000,'accepted','{"content":"307b75ce9e4456ebcc0d93ccebd621010946eaeb","load":1}','outreach','','5bcb825e7b9786daed3f95b6a09c335ed10e11c44e17c8c53ed950f32071903b');
INSERT INTO "audit" VALUES(5,1,4,1,1772557200000000,'accepted','{"content":"e56369ced374053bd80588b2a9d3ff86621f096d","load":1}','outreach','','6fcf98c7c32b027c78232e666affc6d3b6039850816f81988a202bb812758e4e');
INSERT INTO "audit" VALUES(6,1,5,1,1772557200000000,'accepted','{"content":"1c6d2ca6a54d223046b121dfc9f1961a5d7933c5","load":1}','outreach','','49715febdbc3e33a1e28edb964206ae78792fc3f7348fe957750fea69c4dc34a');
INSERT INTO "audit" VALUES(7,1,6,1,1772557200000000,'accepted','{"content":"b2c0c1f1e6262b7167264bcadca132a9e10c34fa","load":1}','outreach','','9abf40c940b22cdf64e35eca1ad8e928158f7b93373a2e61f4a8eb659eea5bca');
INSERT INTO "audit" VALUES(8,1,7,1,1772557200000000,'accepted','{"content":"03606101edac089eb5dccde70c6c1ae374f626b2","load":1}','outreach','','df728eae8ea3fb622207ba41db3702d028d062545a25d99b463a9d7fd368264e');
INSERT INTO "audit" VALUES(9,1,8,1,1772557200000000,'accepted','{"content":"4454dab43633c11434b139d5ba02b704bc717309","load":1}','outreach','','1c0a0adcd69696a9879815c65a641cc3955b706bb16ecd1ce9bff7276df3fb13');
INSERT INTO "audit" VALUES(10,1,1,2,1772557200000000,'registered','{"genesys_id":"g-C-1","state":"registered","status":"created"}','outreach','0f0323379499a48d4e65e419fb78aaef7080c3a511415c491e652d2bfe1beac4','f46631058203c889e5a19ebad5f0564502d957c22654d0d9e03699f150a544f5');
INSERT INTO "audit" VALUES(11,1,2,2,1772557200000000,'registered','{"genesys_id":"g-C-2","state":"registered","status":"created"}','outreach','9f57172a7b6d6234d1cb27ab88303f6fc86265639d6bf9b7d7124aa07c359b5b','fc2af85366ba3eecb7fa1285f96931957d37fc6dcb631f8646fc8a4b2ed45505');
INSERT INTO "audit" VALUES(12,1,3,2,1772557200000000,'registered','{"genesys_id":"g-C-3","state":"registered","status":"created"}','outreach','5bcb825e7b9786daed3f95b6a09c335ed10e11c44e17c8c53ed950f32071903b','08381d37cda6adccf914bd27d82e3b2ce3f388ab258f152497e3dd144319260b');
INSERT INTO "audit" VALUES(13,1,4,2,1772557200000000,'registered','{"genesys_id":"g-C-4","state":"registered","status":"created"}','outreach','6fcf98c7c32b027c78232e666affc6d3b6039850816f81988a202bb812758e4e','de93f7c083e9183df71318056ae349325f10c193fb8942f104d490299c329b8f');
INSERT INTO "audit" VALUES(14,1,5,2,1772557200000000,'registered','{"genesys_id":"g-C-5","state":"registered","status":"created"}','outreach','49715febdbc3e33a1e28edb964206ae78792fc3f7348fe957750fea69c4dc34a','acb43c962824d61f43eb34a0bccae02b7527ef00f761f468dc72f6c5e3bb6f36');
INSERT INTO "audit" VALUES(15,1,6,2,1772557200000000,'not_registered','{"correlation_id":"","reason":"bad.request","state":"failed"}','outreach','9abf40c940b22cdf64e35eca1ad8e928158f7b93373a2e61f4a8eb659eea5bca','346ea58d38823498d11e57822443436cc50da4342561b898bfee88b8f520cf8b');
INSERT INTO "audit" VALUES(16,1,7,2,1772557200000000,'registered','{"genesys_id":"g-C-7","state":"registered","status":"created"}','outreach','df728eae8ea3fb622207ba41db3702d028d062545a25d99b463a9d7fd368264e','3b8b5cdcdcf431428b58895d37eb1512a9b5545e10a3e0cfd03322e53f2635f5');
INSERT INTO "audit" VALUES(17,1,8,2,1772557200000000,'registered','{"genesys_id":"g-C-8","state":"registered","status":"created"}','outreach','1c0a0adcd69696a9879815c65a641cc3955b706bb16ecd1ce9bff7276df3fb13','e57b35fb461056d5bf34cd054dbdb812bfe7071c4d16ceba9619357601941d2d');
INSERT INTO "audit" VALUES(18,1,1,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','f46631058203c889e5a19ebad5f0564502d957c22654d0d9e03699f150a544f5','5b189fe7cf2064ff5e25a0681b0c88ef6d6c6c1daa0c99804371962c2c03c718');
INSERT INTO "audit" VALUES(19,1,2,3,1772557200000000,'held','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":["zone_unknown"],"state":"held"}','outreach','fc2af85366ba3eecb7fa1285f96931957d37fc6dcb631f8646fc8a4b2ed45505','333e83451a751605578e4e35c727d774a367c586f818d76cded03ec395fddeed');
INSERT INTO "audit" VALUES(20,1,3,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','08381d37cda6adccf914bd27d82e3b2ce3f388ab258f152497e3dd144319260b','3516f49bfc5cc25f2a31cc98b6cd82216fb2f15c2ef64c7a7d78e9d6f7be8017');
INSERT INTO "audit" VALUES(21,1,4,3,1772557200000000,'deferred','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":["outside_hours"],"state":"deferred"}','outreach','de93f7c083e9183df71318056ae349325f10c193fb8942f104d490299c329b8f','2e1ec0e3828a95d05366627102d7423cc494b8cfb2035a9d321510e96fc39f9b');
INSERT INTO "audit" VALUES(22,1,5,3,1772557200000000,'blocked','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":["suppressed"],"state":"blocked"}','outreach','acb43c962824d61f43eb34a0bccae02b7527ef00f761f468dc72f6c5e3bb6f36','f6cac18fc8d2d1ff0572878968882f07f81bc195d779ac57cca72751aa7c1722');
INSERT INTO "audit" VALUES(23,1,7,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','3b8b5cdcdcf431428b58895d37eb1512a9b5545e10a3e0cfd03322e53f2635f5','860cd9596f9aa6b5d9c50748a29241e40b94ad8bbcd9617168a125b2815e80da');
INSERT INTO "audit" VALUES(24,1,8,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','e57b35fb461056d5bf34cd054dbdb812bfe7071c4d16ceba9619357601941d2d','178a90a0a7f507e6f5005f4a5e1715a3bf92787ce9ee890476033e786bc2eb24');
INSERT INTO "audit" VALUES(25,1,1,4,1772557200000000,'intended','{"channel":"sms","reference":"a14b2a8f3be0d01d","state":"intent"}','outreach','5b189fe7cf2064ff5e25a0681b0c88ef6d6c6c1daa0c99804371962c2c03c718','e037884f15222564e12f643e85f178eb9e6ad56638617a78a858890c64c2dffc');
INSERT INTO "audit" VALUES(26,1,3,4,1772557200000000,'intended','{"channel":"sms","reference":"bfe88e645cb38c5a","state":"intent"}','outreach','3516f49bfc5cc25f2a31cc98b6cd82216fb2f15c2ef64c7a7d78e9d6f7be8017','0bff2ca22d5ed96fba6d5eadc0d7d35d9040f8a091447e6121de8226db0cbbe7');
INSERT INTO "audit" VALUES(27,1,7,4,1772557200000000,'intended','{"channel":"email","reference":"29fe53a3d1fbe2b7","state":"intent"}','outreach','860cd9596f9aa6b5d9c50748a29241e40b94ad8bbcd9617168a125b2815e80da','4d27d2f44682a3b84bb6e2b9ccb2d57901790897401dce6fc7a0818192da8cbb');
INSERT INTO "audit" VALUES(28,1,8,4,1772557200000000,'intended','{"channel":"sms","reference":"d943e5f45be01631","state":"intent"}','outreach','178a90a0a7f507e6f5005f4a5e1715a3bf92787ce9ee890476033e786bc2eb24','7ccac936bedc8dbdec58f01ee10c1861e5fee9e639cb787bb2e133c069d815ce');
INSERT INTO "audit" VALUES(29,1,1,5,1772557200000000,'started','{"conversation_id":"c-1","correlation_id":"correlation","reference":"a14b2a8f3be0d01d","state":"started"}','outreach','e037884f15222564e12f643e85f178eb9e6ad56638617a78a858890c64c2dffc','45dcf54782329e107dbae9a95ac56cfcc2286c8ee7a3b425c461be4d9e62cf7e');
INSERT INTO "audit" VALUES(30,1,3,5,1772557200000000,'unknown','{"code":"read_timeout","correlation_id":"","reference":"bfe88e645cb38c5a","state":"unknown","status":0}','outreach','0bff2ca22d5ed96fba6d5eadc0d7d35d9040f8a091447e6121de8226db0cbbe7','bbca690f5da746e8b1748a23ce539b5fd304c163033be445674133041dc90c0e');
INSERT INTO "audit" VALUES(31,1,7,5,1772557200000000,'unknown','{"code":"read_timeout","correlation_id":"","reference":"29fe53a3d1fbe2b7","state":"unknown","status":0}','outreach','4d27d2f44682a3b84bb6e2b9ccb2d57901790897401dce6fc7a0818192da8cbb','8bddf6d7479a5409733e7d26a567490ad2006ade0a83a0bb1ba173bb3498da98');
INSERT INTO "audit" VALUES(32,1,8,5,1772557200000000,'started','{"conversation_id":"c-3","correlation_id":"correlation","reference":"d943e5f45be01631","state":"started"}','outreach','7ccac936bedc8dbdec58f01ee10c1861e5fee9e639cb787bb2e133c069d815ce','561596bd5c5afc12912cba43ad7ac466cb18dcae1afd8e31bb32f0b06681bb4e');
INSERT INTO "audit" VALUES(33,2,NULL,1,1772557200000000,'run','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a"}','outreach','','33676ba00692cbc6284a199248833dac4aaae07a601e77f57af1ac2e0649755d');
INSERT INTO "audit" VALUES(34,2,9,1,1772557200000000,'accepted','{"content":"7b7ad342ec9116cc62c7d60c305abea7771134d5","load":2}','outreach','','e7534615138a70cb2b36bc5ce335dff5a78122fb76dcaae044f286eb3d747d03');
INSERT INTO "audit" VALUES(35,2,10,1,1772557200000000,'accepted','{"content":"83dc679c60f21f8fd4c3c1e402e8ecb0fb6882b8","load":2}','outreach','','7966f54205fcf1ffef4737957f6137012f64aa4d38fce110bc49bf46f49ba525');
INSERT INTO "audit" VALUES(36,2,11,1,1772557200000000,'accepted','{"content":"67424594a1880ae830f5dd76b13ef72a884dadcf","load":2}','outreach','','2dfb3c3817a5e4368ccdd56bef6223ceb32182aef44e801d8b1a4915a0c1d0d5');
INSERT INTO "audit" VALUES(37,2,12,1,1772557200000000,'accepted','{"content":"753807a510dd4c954d4d99d1dcdf806556221bf3","load":2}','outreach','','7e138866d78757f19076088c8f79db557cf88143b4bb0e7993677affebc6d4f8');
INSERT INTO "audit" VALUES(38,2,13,1,1772557200000000,'accepted','{"content":"e6e1bcd82485f28eb16cf97db2b5ece0dd1043b1","load":2}','outreach','','f9beb7edc94b7925a5daaf3067ff843de2ceb96db2e57b468995e45caf079f02');
INSERT INTO "audit" VALUES(39,2,14,1,1772557200000000,'accepted','{"content":"9a0d8ae21a6dc85df1198343e8c594e194c75e11","load":2}','outreach','','ec2c9ed9e2e2b4b7033cf17a7bad85818f92e3fe0bd65f32d10106947c828929');
INSERT INTO "audit" VALUES(40,2,9,2,1772557200000000,'registered','{"genesys_id":"g-C-21","state":"registered","status":"created"}','outreach','e7534615138a70cb2b36bc5ce335dff5a78122fb76dcaae044f286eb3d747d03','24ade58d77850d884446ddc3d5705d32cbe42a97f36d4f9f19310d9da2d4da0a');
INSERT INTO "audit" VALUES(41,2,10,2,1772557200000000,'registered','{"genesys_id":"g-C-22","state":"registered","status":"created"}','outreach','7966f54205fcf1ffef4737957f6137012f64aa4d38fce110bc49bf46f49ba525','bfefdcf939238cc52bda40b2919fbeaaee1d760f90c60163fbda263a3bba39ad');
INSERT INTO "audit" VALUES(42,2,11,2,1772557200000000,'registered','{"genesys_id":"g-C-23","state":"registered","status":"created"}','outreach','2dfb3c3817a5e4368ccdd56bef6223ceb32182aef44e801d8b1a4915a0c1d0d5','aaa8a296a2260d3f48547b05827b0f41e660e3c20d585f83e562a3a31455bc88');
INSERT INTO "audit" VALUES(43,2,12,2,1772557200000000,'registered','{"genesys_id":"g-C-24","state":"registered","status":"created"}','outreach','7e138866d78757f19076088c8f79db557cf88143b4bb0e7993677affebc6d4f8','09f548fd520c58b84a6b385b9efbb725bad9197fd7993aadd0c30a4b63d9790c');
INSERT INTO "audit" VALUES(44,2,13,2,1772557200000000,'registered','{"genesys_id":"g-C-25","state":"registered","status":"created"}','outreach','f9beb7edc94b7925a5daaf3067ff843de2ceb96db2e57b468995e45caf079f02','5e04520aa45e09cae6fed05a3c087734daa96646e1940f883bc5217fd24a9db6');
INSERT INTO "audit" VALUES(45,2,14,2,1772557200000000,'registered','{"genesys_id":"g-C-26","state":"registered","status":"created"}','outreach','ec2c9ed9e2e2b4b7033cf17a7bad85818f92e3fe0bd65f32d10106947c828929','7427df5be7c782082e0b4f27b5846705ca5add4bc42b176728a7afa5f44b0fa5');
INSERT INTO "audit" VALUES(46,2,9,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','24ade58d77850d884446ddc3d5705d32cbe42a97f36d4f9f19310d9da2d4da0a','e721d2265ac55752d5b398ccff6c90d5e3066591e8456d7c84baea344e9c46d1');
INSERT INTO "audit" VALUES(47,2,10,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','bfefdcf939238cc52bda40b2919fbeaaee1d760f90c60163fbda263a3bba39ad','7a7bbef658bd408af333d5cbc69ba341b56a3adfef0da65ddb52e0dd1b74758c');
INSERT INTO "audit" VALUES(48,2,11,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','aaa8a296a2260d3f48547b05827b0f41e660e3c20d585f83e562a3a31455bc88','8537a3d2b9ce4da0fb36dfcf668281d629b347bcfce6cf7651ecce68b7b3bc0b');
INSERT INTO "audit" VALUES(49,2,12,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','09f548fd520c58b84a6b385b9efbb725bad9197fd7993aadd0c30a4b63d9790c','c80eee7a3440decfcb962bf09b3f61c1933415f2c88b212bae69d1ff47d31941');
INSERT INTO "audit" VALUES(50,2,13,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','5e04520aa45e09cae6fed05a3c087734daa96646e1940f883bc5217fd24a9db6','9446d5cc0ed4155f76d45f7978cec9bac5c215de53dd0d4ef3faae14c2226bc4');
INSERT INTO "audit" VALUES(51,2,14,3,1772557200000000,'allowed','{"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","reasons":[],"state":"cleared"}','outreach','7427df5be7c782082e0b4f27b5846705ca5add4bc42b176728a7afa5f44b0fa5','a6f11ac148425161d224b072f86b1b24a3d62f40fe7a01a8accb9dadc70d3cfd');
INSERT INTO "audit" VALUES(52,2,9,4,1772557200000000,'intended','{"channel":"sms","reference":"554fbf6d3e88107f","state":"intent"}','outreach','e721d2265ac55752d5b398ccff6c90d5e3066591e8456d7c84baea344e9c46d1','de3474b5a4e9e79f48747fd1bafc8aa21f47a266324cdced9da93ca0bf7ad7c7');
INSERT INTO "audit" VALUES(53,2,10,4,1772557200000000,'intended','{"channel":"sms","reference":"142416d2157021c1","state":"intent"}','outreach','7a7bbef658bd408af333d5cbc69ba341b56a3adfef0da65ddb52e0dd1b74758c','9b37eef4d3e39ca3571779b87a83239880dc9c9636ae2fe56401a6f074c216fd');
INSERT INTO "audit" VALUES(54,2,15,1,1772557200000000,'accepted','{"content":"30374081abf92c9056f5e32e8f344753fb99d8c2","load":3}','outreach','','4b8811865b3766d5c1c78b33c778a9b336b5040ae1d6b948bc6ab0c926d629c9');
INSERT INTO "audit" VALUES(55,2,16,1,1772557200000000,'accepted','{"content":"2c3cd1937abe611e45754631ea1f5fb3f84d0c63","load":3}','outreach','','fa80259bb6fe33fd8da88a928832f59ad756b73d0c7a5e3f3e9d98514c6397a8');
INSERT INTO "audit" VALUES(56,2,9,5,1772557200000000,'process_ended','{"deaths":0,"state":"unknown"}','outreach','de3474b5a4e9e79f48747fd1bafc8aa21f47a266324cdced9da93ca0bf7ad7c7','964a7675082666ffaaa1d978ef56f63d076cb9086220f2d11dfdf59c4807ae8a');
INSERT INTO "audit" VALUES(57,2,10,5,1772557200000000,'process_ended','{"deaths":0,"state":"unknown"}','outreach','9b37eef4d3e39ca3571779b87a83239880dc9c9636ae2fe56401a6f074c216fd','396cc7ee65183fa4120ef3496d09cce7344280229e3128e8dd578c9f916c4f3f');
CREATE TABLE campaigns (
	id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_at BIGINT NOT NULL, 
	settings TEXT DEFAULT '{}' NOT NULL, 
	packs_hash VARCHAR(100) DEFAULT '' NOT NULL, 
	stopped TEXT, 
	CONSTRAINT pk_campaigns PRIMARY KEY (id), 
	CONSTRAINT uq_campaigns_name UNIQUE (name)
);
INSERT INTO "campaigns" VALUES(1,'spring',1772557200000000,'{"channel_order":["sms","email","voice","chat"],"same_address":"once","consent":"assumed","rules":[],"hours_bind":["voice","sms"],"caps":[],"expires_at":null,"message":null,"columns":{},"strict_numbers":false,"events":["contact_interaction_created","contact_interaction_failed","contact_interaction_ended","campaign_finished"],"when_not_found":"hold","look_after_seconds":[30.0,60.0],"stop_failure_rate":1.0,"stop_unknown_rate":1.0,"stop_after":20,"approve_above":null,"approve_within_minutes":1440.0,"threads":1,"batch_size":null,"output":"out","dry_run":false}','sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a',NULL);
INSERT INTO "campaigns" VALUES(2,'autumn',1772557200000000,'{"channel_order":["sms","email","voice","chat"],"same_address":"once","consent":"assumed","rules":[],"hours_bind":["voice","sms"],"caps":[],"expires_at":null,"message":null,"columns":{},"strict_numbers":false,"events":["contact_interaction_created","contact_interaction_failed","contact_interaction_ended","campaign_finished"],"when_not_found":"hold","look_after_seconds":[30.0,60.0],"stop_failure_rate":1.0,"stop_unknown_rate":1.0,"stop_after":20,"approve_above":null,"approve_within_minutes":1440.0,"threads":1,"batch_size":null,"output":"out","dry_run":false}','sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a',NULL);
CREATE TABLE contacts (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	external_contact_id VARCHAR(255) NOT NULL, 
	load_id INTEGER NOT NULL, 
	line BIGINT NOT NULL, 
	content_key VARCHAR(64) NOT NULL, 
	payload TEXT, 
	state VARCHAR(16) NOT NULL, 
	reason VARCHAR(200) DEFAULT '' NOT NULL, 
	retryable BOOLEAN DEFAULT (false) NOT NULL, 
	until BIGINT, 
	channel VARCHAR(8), 
	genesys_id VARCHAR(100), 
	availability TEXT, 
	decision TEXT, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	reference VARCHAR(32), 
	conversation_id VARCHAR(100), 
	latency_ms FLOAT, 
	started_at BIGINT, 
	connected_at BIGINT, 
	ended_at BIGINT, 
	disconnect_type VARCHAR(100) DEFAULT '' NOT NULL, 
	delivery VARCHAR(100) DEFAULT '' NOT NULL, 
	looks INTEGER DEFAULT '0' NOT NULL, 
	look_at BIGINT, 
	lease_owner VARCHAR(32), 
	deaths INTEGER DEFAULT '0' NOT NULL, 
	updated_at BIGINT NOT NULL, 
	audit_count INTEGER DEFAULT '0' NOT NULL, 
	audit_head VARCHAR(64) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_contacts PRIMARY KEY (id), 
	CONSTRAINT fk_contacts_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_contacts_load_id FOREIGN KEY(load_id) REFERENCES loads (id), 
	CONSTRAINT uq_contacts_campaign_id_external_contact_id UNIQUE (campaign_id, external_contact_id)
);
INSERT INTO "contacts" VALUES(1,1,'C-1',1,1,'ab6cd535e5ec4a790b413fee8a4a61356c77d165','{"external_contact_id":"C-1","name":"Person 1","channels":{"sms":"+13175550001"},"time_zone":"America/New_York"}','started','',0,NULL,'sms','g-C-1','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'a14b2a8f3be0d01d','c-1',1.0,1772557200000000,NULL,NULL,'','',0,1772557260000000,NULL,0,1772557200000000,5,'45dcf54782329e107dbae9a95ac56cfcc2286c8ee7a3b425c461be4d9e62cf7e');
INSERT INTO "contacts" VALUES(2,1,'C-2',1,2,'208eceec496c13d8c962b3f78a0dda620f19d84e','{"external_contact_id":"C-2","name":"Person 2","channels":{"sms":"+882161234567"}}','held','zone_unknown',0,NULL,'sms','g-C-2','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"held","channel":"sms","reasons":["zone_unknown"],"next_allowed_at":null,"losing":{"email":["no_address"],"voice":["no_address"],"chat":["no_address"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'333e83451a751605578e4e35c727d774a367c586f818d76cded03ec395fddeed');
INSERT INTO "contacts" VALUES(3,1,'C-3',1,3,'307b75ce9e4456ebcc0d93ccebd621010946eaeb','{"external_contact_id":"C-3","name":"Person 3","channels":{"sms":"+13175550003"},"time_zone":"America/New_York"}','unknown','outcome_unknown:read_timeout',0,NULL,'sms','g-C-3','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'bfe88e645cb38c5a',NULL,NULL,NULL,NULL,NULL,'','',0,1772557230000000,NULL,0,1772557200000000,5,'bbca690f5da746e8b1748a23ce539b5fd304c163033be445674133041dc90c0e');
INSERT INTO "contacts" VALUES(4,1,'C-4',1,4,'e56369ced374053bd80588b2a9d3ff86621f096d','{"external_contact_id":"C-4","name":"Person 4","channels":{"sms":"+13175550004"},"time_zone":"Asia/Tokyo"}','deferred','outside_hours',0,1772578800000000,'sms','g-C-4','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"deferred","channel":"sms","reasons":["outside_hours"],"next_allowed_at":"2026-03-03T23:00:00+00:00","losing":{"email":["no_address"],"voice":["no_address"],"chat":["no_address"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'2e1ec0e3828a95d05366627102d7423cc494b8cfb2035a9d321510e96fc39f9b');
INSERT INTO "contacts" VALUES(5,1,'C-5',1,5,'1c6d2ca6a54d223046b121dfc9f1961a5d7933c5','{"external_contact_id":"C-5","name":"Person 5","channels":{"sms":"+13175550005"},"time_zone":"America/New_York"}','blocked','suppressed',0,NULL,NULL,'g-C-5','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"blocked","channel":null,"reasons":["suppressed"],"next_allowed_at":null,"losing":{"sms":["suppressed"],"email":["no_address"],"voice":["no_address"],"chat":["no_address"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":["sms"],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'f6cac18fc8d2d1ff0572878968882f07f81bc195d779ac57cca72751aa7c1722');
INSERT INTO "contacts" VALUES(6,1,'C-6',1,6,'b2c0c1f1e6262b7167264bcadca132a9e10c34fa','{"external_contact_id":"C-6","name":"Person 6","channels":{"sms":"+13175550006"},"time_zone":"America/New_York"}','failed','not_registered:bad.request',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,2,'346ea58d38823498d11e57822443436cc50da4342561b898bfee88b8f520cf8b');
INSERT INTO "contacts" VALUES(7,1,'C-7',1,7,'03606101edac089eb5dccde70c6c1ae374f626b2','{"external_contact_id":"C-7","name":"Person 7","channels":{"email":"P7@example.com"},"time_zone":"America/New_York"}','unknown','outcome_unknown:read_timeout',0,NULL,'email','g-C-7','{"email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"email","reasons":[],"next_allowed_at":null,"losing":{"sms":["no_address"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"email":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'29fe53a3d1fbe2b7',NULL,NULL,NULL,NULL,NULL,'','',0,1772557230000000,NULL,0,1772557200000000,5,'8bddf6d7479a5409733e7d26a567490ad2006ade0a83a0bb1ba173bb3498da98');
INSERT INTO "contacts" VALUES(8,1,'C-8',1,8,'4454dab43633c11434b139d5ba02b704bc717309','{"external_contact_id":"C-8","name":"Person 8","channels":{"sms":"+13175550008"},"time_zone":"America/New_York"}','started','',0,NULL,'sms','g-C-8','{"sms":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'d943e5f45be01631','c-3',1.0,1772557200000000,NULL,NULL,'','',0,1772557260000000,NULL,0,1772557200000000,5,'561596bd5c5afc12912cba43ad7ac466cb18dcae1afd8e31bb32f0b06681bb4e');
INSERT INTO "contacts" VALUES(9,2,'C-21',2,1,'7b7ad342ec9116cc62c7d60c305abea7771134d5','{"external_contact_id":"C-21","name":"Person 21","channels":{"sms":"+13175550021","email":"p21@example.com"},"time_zone":"America/New_York"}','unknown','process_ended',0,NULL,'sms','g-C-21','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'554fbf6d3e88107f',NULL,NULL,NULL,NULL,NULL,'','',0,1772557200000000,NULL,0,1772557200000000,5,'964a7675082666ffaaa1d978ef56f63d076cb9086220f2d11dfdf59c4807ae8a');
INSERT INTO "contacts" VALUES(10,2,'C-22',2,2,'83dc679c60f21f8fd4c3c1e402e8ecb0fb6882b8','{"external_contact_id":"C-22","name":"Person 22","channels":{"sms":"+13175550022","email":"p22@example.com"},"time_zone":"America/New_York"}','unknown','process_ended',0,NULL,'sms','g-C-22','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',1,'142416d2157021c1',NULL,NULL,NULL,NULL,NULL,'','',0,1772557200000000,NULL,0,1772557200000000,5,'396cc7ee65183fa4120ef3496d09cce7344280229e3128e8dd578c9f916c4f3f');
INSERT INTO "contacts" VALUES(11,2,'C-23',2,3,'67424594a1880ae830f5dd76b13ef72a884dadcf','{"external_contact_id":"C-23","name":"Person 23","channels":{"sms":"+13175550023","email":"p23@example.com"},"time_zone":"America/New_York"}','cleared','',0,NULL,'sms','g-C-23','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'8537a3d2b9ce4da0fb36dfcf668281d629b347bcfce6cf7651ecce68b7b3bc0b');
INSERT INTO "contacts" VALUES(12,2,'C-24',2,4,'753807a510dd4c954d4d99d1dcdf806556221bf3','{"external_contact_id":"C-24","name":"Person 24","channels":{"sms":"+13175550024","email":"p24@example.com"},"time_zone":"America/New_York"}','cleared','',0,NULL,'sms','g-C-24','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'c80eee7a3440decfcb962bf09b3f61c1933415f2c88b212bae69d1ff47d31941');
INSERT INTO "contacts" VALUES(13,2,'C-25',2,5,'e6e1bcd82485f28eb16cf97db2b5ece0dd1043b1','{"external_contact_id":"C-25","name":"Person 25","channels":{"sms":"+13175550025","email":"p25@example.com"},"time_zone":"America/New_York"}','cleared','',0,NULL,'sms','g-C-25','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'9446d5cc0ed4155f76d45f7978cec9bac5c215de53dd0d4ef3faae14c2226bc4');
INSERT INTO "contacts" VALUES(14,2,'C-26',2,6,'9a0d8ae21a6dc85df1198343e8c594e194c75e11','{"external_contact_id":"C-26","name":"Person 26","channels":{"sms":"+13175550026","email":"p26@example.com"},"time_zone":"America/New_York"}','cleared','',0,NULL,'sms','g-C-26','{"sms":"available","email":"available"}','{"at":"2026-03-03T17:00:00+00:00","verdict":"allowed","channel":"sms","reasons":[],"next_allowed_at":null,"losing":{"email":["not_needed"]},"packs":"sha256:84da1fadedb30cafdff25c7f8ced700a36d47bc138ab0a77dc0a882a97dece1a","facts":{"status":"passed","reason":"","availability":{"sms":"available","email":"available"},"senders":{},"suppressed":[],"recent":[]}}',0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,3,'a6f11ac148425161d224b072f86b1b24a3d62f40fe7a01a8accb9dadc70d3cfd');
INSERT INTO "contacts" VALUES(15,2,'C-27',3,1,'30374081abf92c9056f5e32e8f344753fb99d8c2','{"external_contact_id":"C-27","name":"Person 27","channels":{"sms":"+13175550027","email":"p27@example.com"},"time_zone":"America/New_York"}','accepted','',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,1,'4b8811865b3766d5c1c78b33c778a9b336b5040ae1d6b948bc6ab0c926d629c9');
INSERT INTO "contacts" VALUES(16,2,'C-28',3,2,'2c3cd1937abe611e45754631ea1f5fb3f84d0c63','{"external_contact_id":"C-28","name":"Person 28","channels":{"sms":"+13175550028","email":"p28@example.com"},"time_zone":"America/New_York"}','accepted','',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'','',0,NULL,NULL,0,1772557200000000,1,'fa80259bb6fe33fd8da88a928832f59ad756b73d0c7a5e3f3e9d98514c6397a8');
CREATE TABLE executors (
	id VARCHAR(32) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	pid BIGINT NOT NULL, 
	born VARCHAR(64) NOT NULL, 
	seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_executors PRIMARY KEY (id)
);
CREATE TABLE facts (
	name VARCHAR(200) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('key','39d45a62d6037860');
INSERT INTO "facts" VALUES('hashing_keys','sealed:gAAAAABrCo0smIAP69yacaoM04IhtnOBpI0Ij1Ej7f78bjyGvmGBMbjLFbQYXOc4g-4qM4SKTHEBTLrCjnplRjxU3svLMN0g_LMtsxxVf6731lJrg2K8oGCdPqQnQkjfPnOi7ecikct-TgcpZzxr69syk1mQ8DhOQeyJe72fjcx64m6QXiaCUe6ojxNZmJjX1pn6TPsd570L6JUGb5JsZuDNFUxJu2LT21MZPwL-q99RLVqdZT0zAYyULBBPVOIsw7FG_joZXlSv');
INSERT INTO "facts" VALUES('audit_end:1','1 c89459e1e1d6990b0507d53bd14b6eee945e75180e8ad4d71da8482cb08908de');
INSERT INTO "facts" VALUES('audit_end:2','1 33676ba00692cbc6284a199248833dac4aaae07a601e77f57af1ac2e0649755d');
CREATE TABLE intents (
	contact_id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	reference VARCHAR(32) NOT NULL, 
	channel VARCHAR(8) NOT NULL, 
	address_key VARCHAR(64) NOT NULL, 
	address_slot VARCHAR(96) NOT NULL, 
	person_key VARCHAR(64) NOT NULL, 
	at BIGINT NOT NULL, 
	outcome VARCHAR(16), 
	CONSTRAINT pk_intents PRIMARY KEY (contact_id), 
	CONSTRAINT fk_intents_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_intents_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT uq_intents_campaign_id_address_slot UNIQUE (campaign_id, address_slot), 
	CONSTRAINT uq_intents_reference UNIQUE (reference)
);
INSERT INTO "intents" VALUES(1,1,'a14b2a8f3be0d01d','sms','b0fb96e39728dc851ca9ab578388ecd074cc8e8d','b0fb96e39728dc851ca9ab578388ecd074cc8e8d','167f774ee49c79d38b6a1d85fc3775dd081d041f',1772557200000000,'started');
INSERT INTO "intents" VALUES(3,1,'bfe88e645cb38c5a','sms','6f79cd9dedbeb7e597479385b292ed10b8fe68ca','6f79cd9dedbeb7e597479385b292ed10b8fe68ca','1f91ee3bccc9c47e2bfca12362126e1c16f445dc',1772557200000000,'unknown');
INSERT INTO "intents" VALUES(7,1,'29fe53a3d1fbe2b7','email','4202d044e09234922797fe6cdfc635d271745176','4202d044e09234922797fe6cdfc635d271745176','d64d91faa9ab723af649c6075960ad4c0d50637e',1772557200000000,'unknown');
INSERT INTO "intents" VALUES(8,1,'d943e5f45be01631','sms','2180e88913e09d6d4f581bb198b05d4411fa869c','2180e88913e09d6d4f581bb198b05d4411fa869c','b501dc8604f11b4382b9c087da3575161963a0a9',1772557200000000,'started');
INSERT INTO "intents" VALUES(9,2,'554fbf6d3e88107f','sms','afe02844615b7acdd498608b1dd178ec03adf4bd','afe02844615b7acdd498608b1dd178ec03adf4bd','d606e06edc547abaaa978f1df8d9d1ddcaa1e76f',1772557200000000,'unknown');
INSERT INTO "intents" VALUES(10,2,'142416d2157021c1','sms','ea5d3b56739d7f9220b3a697c9e454f2746e1938','ea5d3b56739d7f9220b3a697c9e454f2746e1938','358479e06bb03738ad96d10c7b3e6f7c07272706',1772557200000000,'unknown');
CREATE TABLE ledger_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT ledger_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "ledger_version" VALUES('0001');
CREATE TABLE loads (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	rows_read BIGINT DEFAULT '0' NOT NULL, 
	known BIGINT DEFAULT '0' NOT NULL, 
	fingerprint VARCHAR(64), 
	CONSTRAINT pk_loads PRIMARY KEY (id), 
	CONSTRAINT fk_loads_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id)
);
INSERT INTO "loads" VALUES(1,1,'The list',1772557200000000,1772557200000000,10,0,NULL);
INSERT INTO "loads" VALUES(2,2,'The list',1772557200000000,1772557200000000,6,0,NULL);
INSERT INTO "loads" VALUES(3,2,'The list',1772557200000000,1772557200000000,2,0,NULL);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	webhook_id VARCHAR(64) NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	contact_id INTEGER, 
	endpoint VARCHAR(200) NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	body BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	due_at BIGINT NOT NULL, 
	leased_until BIGINT, 
	status INTEGER DEFAULT '0' NOT NULL, 
	code VARCHAR(32) DEFAULT '' NOT NULL, 
	excerpt TEXT DEFAULT '' NOT NULL, 
	delivered_at BIGINT, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_outbox_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT uq_outbox_webhook_id UNIQUE (webhook_id)
);
INSERT INTO "outbox" VALUES(1,'msg_346ea58d38823498d11e57822443436c',1,6,'default','contact_interaction_failed',X'7B226576656E74223A22636F6E746163745F696E746572616374696F6E5F6661696C6564222C2274696D657374616D70223A22323032362D30332D30335431373A30303A30302E3030302B30303A3030222C2263616D706169676E223A22737072696E67222C22636F6E746163745F6964223A22432D36222C2273756363657373223A66616C73652C226368616E6E656C223A6E756C6C2C22726561736F6E223A226261642E72657175657374222C22737461747573223A302C22636F7272656C6174696F6E5F6964223A22222C2274797065223A22636F6E746163745F696E746572616374696F6E5F6661696C6564227D',1772557200000000,'pending',0,1772557200000000,NULL,0,'','',NULL);
INSERT INTO "outbox" VALUES(2,'msg_45dcf54782329e107dbae9a95ac56cfc',1,1,'default','contact_interaction_created',X'7B226576656E74223A22636F6E746163745F696E746572616374696F6E5F63726561746564222C2274696D657374616D70223A22323032362D30332D30335431373A30303A30302E3030302B30303A3030222C2263616D706169676E223A22737072696E67222C22636F6E746163745F6964223A22432D31222C22636F6E766572736174696F6E5F6964223A22632D31222C2273756363657373223A747275652C226C6174656E63795F6D73223A312E302C2261756469745F6C6F67223A7B22616374696F6E223A22696E746572616374696F6E5F696E69746961746564222C226368616E6E656C223A22736D73222C22636F6D706C69616E63655F636865636B6564223A747275657D2C227265666572656E6365223A2261313462326138663362653064303164222C2274797065223A22636F6E746163745F696E746572616374696F6E5F63726561746564227D',1772557200000000,'pending',0,1772557200000000,NULL,0,'','',NULL);
INSERT INTO "outbox" VALUES(3,'msg_561596bd5c5afc12912cba43ad7ac466',1,8,'default','contact_interaction_created',X'7B226576656E74223A22636F6E746163745F696E746572616374696F6E5F63726561746564222C2274696D657374616D70223A22323032362D30332D30335431373A30303A30302E3030302B30303A3030222C2263616D706169676E223A22737072696E67222C22636F6E746163745F6964223A22432D38222C22636F6E766572736174696F6E5F6964223A22632D33222C2273756363657373223A747275652C226C6174656E63795F6D73223A312E302C2261756469745F6C6F67223A7B22616374696F6E223A22696E746572616374696F6E5F696E69746961746564222C226368616E6E656C223A22736D73222C22636F6D706C69616E63655F636865636B6564223A747275657D2C227265666572656E6365223A2264393433653566343562653031363331222C2274797065223A22636F6E746163745F696E746572616374696F6E5F63726561746564227D',1772557200000000,'pending',0,1772557200000000,NULL,0,'','',NULL);
CREATE TABLE pacing (
	"key" VARCHAR(100) NOT NULL, 
	next_at BIGINT NOT NULL, 
	CONSTRAINT pk_pacing PRIMARY KEY ("key")
);
CREATE TABLE rejects (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	load_id INTEGER NOT NULL, 
	line BIGINT NOT NULL, 
	duplicate BOOLEAN NOT NULL, 
	external_contact_id VARCHAR(255), 
	code VARCHAR(64) NOT NULL, 
	reason TEXT NOT NULL, 
	retryable BOOLEAN NOT NULL, 
	raw TEXT, 
	row_key VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_rejects PRIMARY KEY (id), 
	CONSTRAINT fk_rejects_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_rejects_load_id FOREIGN KEY(load_id) REFERENCES loads (id), 
	CONSTRAINT uq_rejects_campaign_id_row_key UNIQUE (campaign_id, row_key)
);
INSERT INTO "rejects" VALUES(1,1,1,9,1,'C-1','duplicate','The same external_contact_id stands on line 1 already; this row was left out.',0,'{"external_contact_id":"C-1","name":"Person 1","sms":"+13175550001","time_zone":"America/New_York"}','b3e5207c489cf7d2fde73ab4f3546b0617cefe93');
INSERT INTO "rejects" VALUES(2,1,1,10,0,NULL,'malformed_phone','sms is not a phone number in E.164 form, like +15551234567.',0,'{"external_contact_id":"C-99","name":"Nobody","sms":"12"}','bcb3166039ef7a3ce210e6149f35a0488e918a30');
CREATE TABLE suppressions (
	address_key VARCHAR(64) NOT NULL, 
	source VARCHAR(64) NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_suppressions PRIMARY KEY (address_key)
);
INSERT INTO "suppressions" VALUES('c7ece34dbd61e572c56736ab37f491a6495b6ba0','by hand','asked',1772557200000000);
CREATE INDEX ix_loads_campaign_id ON loads (campaign_id);
CREATE INDEX ix_contacts_campaign_id_state_id ON contacts (campaign_id, state, id);
CREATE INDEX ix_contacts_conversation_id ON contacts (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX ix_contacts_external_contact_id ON contacts (external_contact_id);
CREATE INDEX ix_contacts_lease_owner ON contacts (lease_owner);
CREATE INDEX ix_contacts_state_look_at ON contacts (state, look_at);
CREATE INDEX ix_audit_campaign_id_contact_id_n ON audit (campaign_id, contact_id, n);
CREATE INDEX ix_intents_address_key_at ON intents (address_key, at);
CREATE INDEX ix_intents_person_key_at ON intents (person_key, at);
CREATE INDEX ix_outbox_campaign_id_state ON outbox (campaign_id, state);
CREATE INDEX ix_outbox_contact_id_state ON outbox (contact_id, state);
CREATE INDEX ix_outbox_state_due_at ON outbox (state, due_at);
COMMIT;
